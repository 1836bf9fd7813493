# The functions for the store and the server: settings, whitelist, audit trail, health, SMS, licence, key and backup.

BeforeAll {
    . "$PSScriptRoot/Store.ps1"
    Import-TestModule
    $directory = New-Directory
    $ConfirmPreference = 'None'
}

AfterAll { Remove-Directory $directory }

Describe 'Initialize-Rw2fa' {
    BeforeAll {
        $parent = New-Directory -InMemory
        $env:RW2FA_STORE = "$parent/store"
    }
    AfterAll { Remove-Store $parent }

    It 'creates a store, and completes it when it is run again' {
        $seen = Watch-Call { Initialize-Rw2fa -WhatIf }
        $seen.Errors | Should -BeNullOrEmpty
        $seen.Output.Result | Should -BeExactly 'would be added'
        Test-Path -LiteralPath $env:RW2FA_STORE | Should -BeFalse
        (Initialize-Rw2fa).Result | Should -BeExactly 'added'
        (Get-Rw2faStatus).Location | Should -BeExactly $env:RW2FA_STORE
        (Initialize-Rw2fa).Result | Should -BeExactly 'unchanged'
    }

    It 'is an error for an owner who is not there' {
        $seen = Watch-Call { Initialize-Rw2fa -Owner 'no-such-account-here' }
        $seen.Errors.Count | Should -Be 1
        $seen.Output.Count | Should -Be 0
    }
}

Describe 'Status, and on and off' {
    BeforeAll {
        $store = New-Store
        Invoke-Admin users add alice bob --group staff
    }
    AfterAll { Remove-Store $store }

    It 'shows whether users are protected' {
        $status = Get-Rw2faStatus
        $status.PSObject.TypeNames[0] | Should -BeExactly 'Rw2fa.Status'
        $status.Enabled | Should -BeFalse
        "$($status.Users) $($status.UsersNone) $($status.Groups) $($status.Healthy)" | Should -BeExactly '2 2 1 True'
        (Enable-Rw2fa -WhatIf).Result | Should -BeExactly 'would be changed'
        (Get-Rw2faStatus).Enabled | Should -BeFalse
        (Enable-Rw2fa).Result | Should -BeExactly 'changed'
        (Get-Rw2faStatus).Enabled | Should -BeTrue
        (Enable-Rw2fa).Result | Should -BeExactly 'unchanged'
        (Disable-Rw2fa).Result | Should -BeExactly 'changed'
        (Get-Rw2faStatus).Enabled | Should -BeFalse
    }

    It 'shows why logins fail, without an error' {
        $run = Use-StoreCopy {
            Invoke-Admin enable
            [System.IO.File]::Delete("$env:RW2FA_STORE/key")
            Watch-Call {
                Get-Rw2faStatus
                Test-Rw2faStore | Where-Object Severity -eq error
                Test-Rw2faHealth | Where-Object Severity -eq error
            }
        }
        $run.Result.Errors | Should -BeNullOrEmpty
        $run.Result.Output[0].Healthy | Should -BeFalse
        $run.Result.Output[0].Problems | Should -BeLike '*key*'
        @($run.Result.Output | ForEach-Object { $_.PSObject.TypeNames[0] }) | Should -Contain 'Rw2fa.Finding'
    }
}

Describe 'Settings' {
    BeforeAll { $store = New-Store }
    AfterAll { Remove-Store $store }

    It 'are found by name and by pattern' {
        @(Get-Rw2faSetting).Count | Should -BeGreaterThan 10
        (Get-Rw2faSetting digits).Value | Should -Be 6
        (Get-Rw2faSetting 'lockout-*').Name | Should -BeExactly @('lockout-attempts', 'lockout-seconds')
        Get-Rw2faSetting 'x*' | Should -BeNullOrEmpty
    }

    It 'that do not exist are errors' {
        $seen = Watch-Call { Get-Rw2faSetting 'digit', 'digits' }
        $seen.Errors.FullyQualifiedErrorId | Should -BeExactly @('Rw2fa.not-found,Get-Rw2faSetting')
        $seen.Errors[0].TargetObject | Should -BeExactly 'digit'
        $seen.Output.Name | Should -BeExactly 'digits'
        $seen = Watch-Call { Set-Rw2faSetting digit 8 }
        $seen.Errors.Count | Should -Be 1
        $seen.Errors[0].TargetObject | Should -BeExactly 'digit'
    }

    It 'take numbers, truth values and texts as they are: <Name>' -ForEach @(
        @{ Name = 'require-client'; Value = $true; Shown = 'true' }
        @{ Name = 'require-client'; Value = $false; Shown = 'false' }
        @{ Name = 'discrepancy'; Value = 2; Shown = '2' }
        @{ Name = 'validity-after-first-session'; Value = '9h'; Shown = '540' }
        @{ Name = 'issuer'; Value = '-' + [char] 0xc9 + ' "quoted" \'; Shown = '-' + [char] 0xc9 + ' "quoted" \' }
    ) {
        $seen = Watch-Call { Set-Rw2faSetting $Name $Value }
        $seen.Errors | Should -BeNullOrEmpty
        "$((Get-Rw2faSetting $Name).Value)" | Should -Be $Shown
    }

    It 'out of range change nothing' {
        $before = Get-StoreContent
        $seen = Watch-Call { Set-Rw2faSetting digits 99 }
        $seen.Errors.Count | Should -Be 1
        $seen.Output.Count | Should -Be 0
        Get-StoreContent | Should -BeExactly $before
    }

    It 'are restored from a CSV file' {
        $file = "$directory/settings.csv"
        Get-Rw2faSetting discrepancy, lockout-attempts | Export-Csv $file -NoTypeInformation
        $null = Reset-Rw2faSetting discrepancy
        (Get-Rw2faSetting discrepancy).Value | Should -Be 480
        $seen = Watch-Call { Import-Csv $file | Set-Rw2faSetting }
        $seen.Errors | Should -BeNullOrEmpty
        (Get-Rw2faSetting discrepancy).Value | Should -Not -Be 480
    }

    It 'are reset by pattern through the pipeline, and an empty pipeline resets nothing' {
        $seen = Watch-Call { Get-Rw2faSetting 'lockout-*' | Reset-Rw2faSetting }
        $seen.Output.Name | Should -BeExactly @('lockout-attempts', 'lockout-seconds')
        $before = Get-StoreContent
        $seen = Watch-Call { Get-Rw2faSetting 'x*' | Reset-Rw2faSetting; Get-Rw2faSetting 'x*' | Set-Rw2faSetting }
        $seen.Errors | Should -BeNullOrEmpty
        Get-StoreContent | Should -BeExactly $before
    }
}

Describe 'The whitelist' {
    BeforeAll { $store = New-Store }
    AfterAll { Remove-Store $store }
    AfterEach { Get-Rw2faWhitelist | Remove-Rw2faWhitelist }

    It 'takes users, keeps what is not given, and gives them back' {
        (Add-Rw2faWhitelist 'CORP\alice', 'bob' -Reason '=a reason, "quoted"').Result | Should -BeExactly @('added', 'added')
        (Add-Rw2faWhitelist bob -For 3d).Result | Should -BeExactly 'changed'
        $entries = Get-Rw2faWhitelist
        $entries.Name | Should -BeExactly @('bob', 'corp\alice')
        $entries.Reason | Should -BeExactly @('=a reason, "quoted"', '=a reason, "quoted"')
        $entries[0].Until | Should -BeGreaterThan ([datetime]::Now.AddDays(2))
        $entries[1].Until | Should -BeNullOrEmpty
        (Get-Rw2faWhitelist 'corp\*').Name | Should -BeExactly 'corp\alice'
        (Get-Rw2faStatus).Whitelisted | Should -Be 2
    }

    It 'survives a round trip through CSV' {
        $null = Add-Rw2faWhitelist 'CORP\alice', '-dash', 'a, b' -Reason "it's so"
        $before = Get-Rw2faWhitelist | Select-Object Name, Reason, Until | ConvertTo-Json
        Get-Rw2faWhitelist | Export-Csv "$directory/whitelist.csv" -NoTypeInformation
        Get-Rw2faWhitelist | Remove-Rw2faWhitelist
        $seen = Watch-Call { Import-Csv "$directory/whitelist.csv" | Add-Rw2faWhitelist }
        $seen.Errors | Should -BeNullOrEmpty
        Get-Rw2faWhitelist | Select-Object Name, Reason, Until | ConvertTo-Json | Should -BeExactly $before
    }

    It 'has no groups: to add one is an error' {
        $group = [pscustomobject]@{ Name = 'staff'; Type = 'group' }
        $seen = Watch-Call { $group, 'bob' | Add-Rw2faWhitelist }
        $seen.Errors.Count | Should -Be 1
        [object]::ReferenceEquals($seen.Errors[0].TargetObject, $group) | Should -BeTrue
        (Get-Rw2faWhitelist).Name | Should -BeExactly 'bob'
    }

    It 'reports names that are not there, and removes the others' {
        $null = Add-Rw2faWhitelist bob
        $seen = Watch-Call { Remove-Rw2faWhitelist 'ghost', 'bob' }
        $seen.Errors.FullyQualifiedErrorId | Should -BeExactly @('Rw2fa.not-found,Remove-Rw2faWhitelist')
        $seen.Output.Name | Should -BeExactly @('bob')
        (Watch-Call { Remove-Rw2faWhitelist ghost -IgnoreMissing }).Errors | Should -BeNullOrEmpty
        (Watch-Call { Get-Rw2faWhitelist ghost }).Errors[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        (Watch-Call { Get-Rw2faWhitelist 'ghost*' }).Errors | Should -BeNullOrEmpty
    }

    It 'has nothing to do for an empty pipeline' {
        $seen = Watch-Call { @() | Add-Rw2faWhitelist; $?; Get-Rw2faWhitelist | Remove-Rw2faWhitelist; $? }
        $seen.Errors | Should -BeNullOrEmpty
        $seen.Output | Should -Be @($true, $true)
    }
}

Describe 'The audit trail' {
    BeforeAll {
        $store = New-Store
        Invoke-Admin users add alice bob
        Invoke-Admin enable
        $null = & rw2fa-verify --no-groups '--ip=192.0.2.7' -- 'alice'
        $null = & rw2fa-verify --no-groups --session=rdp -- 'bob'
    }
    AfterAll { Remove-Store $store }

    It 'is read as objects, oldest first, and filtered' {
        $lines = @(Get-Rw2faAudit)
        $lines.Count | Should -BeGreaterThan 5
        $lines[0].PSObject.TypeNames[0] | Should -BeExactly 'Rw2fa.AuditLine'
        $lines[0].Time.Kind | Should -Be 'Local'
        $lines[0].Time | Should -BeLessOrEqual $lines[-1].Time
        (Get-Rw2faAudit -Outcome deny).Reason | Should -BeExactly @('rdp-not-allowed')
        (Get-Rw2faAudit -Outcome challenge).Ip | Should -BeExactly @('192.0.2.7')
        @(Get-Rw2faAudit -Last 2).Count | Should -Be 2
        @(Get-Rw2faAudit alice | Where-Object Outcome -eq deny).Count | Should -Be 0
        @(Get-Rw2faAudit bob | Where-Object Outcome -eq deny).Count | Should -Be 1
        Get-Rw2faAudit -Until ([datetime]::Now.AddYears(-1)) | Should -BeNullOrEmpty
    }

    It 'flattens for Export-Csv' {
        Get-Rw2faAudit | ConvertTo-Csv | Should -Not -BeLike '*System.*'
    }

    It 'is whole, until a line is edited' {
        $check = Test-Rw2faAudit
        $check.Whole | Should -BeTrue
        (Test-Rw2faAudit -Head $check.Head).HeadFound | Should -BeTrue
        $run = Use-StoreCopy {
            $file = [System.IO.Directory]::GetFiles("$env:RW2FA_STORE/audit", '*.jsonl')[0]
            [System.IO.File]::WriteAllText($file, [System.IO.File]::ReadAllText($file).Replace('192.0.2.7', '192.0.2.8'))
            Watch-Call { Test-Rw2faAudit }
        }
        $run.Result.Output[0].Whole | Should -BeFalse
        $run.Result.Output[0].Problem | Should -Not -BeNullOrEmpty
        $run.Result.Output[0].Line | Should -BeGreaterThan 1
    }

    It 'without earlier months has nothing to move' {
        $before = Get-StoreContent
        $seen = Watch-Call { Move-Rw2faAudit -Before 2020-01-01 -Destination "$directory/archive"; $? }
        $seen.Errors | Should -BeNullOrEmpty
        $seen.Output[-1] | Should -BeTrue
        Get-StoreContent | Should -BeExactly $before
    }

    It 'gives its earlier months to an archive, which can be checked with it' {
        $run = Use-StoreCopy {
            $file = [System.IO.Directory]::GetFiles("$env:RW2FA_STORE/audit", '*.jsonl')[0]
            [System.IO.File]::Move($file, "$env:RW2FA_STORE/audit/2020-01.jsonl")
            Invoke-Admin users add later
            Push-Location -LiteralPath $directory
            try {
                Watch-Call {
                    Move-Rw2faAudit -Before 2020-02-01 -Destination archive -WhatIf -WarningAction Ignore
                    Move-Rw2faAudit -Before 2020-02-01 -Destination archive -WarningAction Ignore
                }
            } finally { Pop-Location }
        }
        $run.Result.Errors | Should -BeNullOrEmpty
        $run.Result.Output.Result | Should -BeExactly @('would be moved', 'moved')
        [System.IO.File]::Exists("$directory/archive/2020-01.jsonl") | Should -BeTrue
    }
}

Describe 'Health' {
    BeforeAll {
        $store = New-Store
        Invoke-Admin whitelist add trusted other
    }
    AfterAll { Remove-Store $store }

    It 'is shown as findings, with names joined' {
        $findings = Test-Rw2faHealth
        $finding = $findings | Where-Object Check -eq whitelist
        $finding.Severity | Should -BeExactly 'warning'
        $finding.Names | Should -BeExactly 'other, trusted'
        $finding.Remedy | Should -Not -BeNullOrEmpty
        $findings | ConvertTo-Csv | Should -Not -BeLike '*System.*'
    }

    It 'of a good store has no findings of Test-Rw2faStore' {
        $seen = Watch-Call { Test-Rw2faStore; $? }
        $seen.Errors | Should -BeNullOrEmpty
        $seen.Output | Should -Be @($true)
    }

    It 'of a damaged store has one, which is not an error' {
        $run = Use-StoreCopy {
            $file = [System.IO.Directory]::GetFiles("$env:RW2FA_STORE/whitelist", '*.toml')[0]
            [System.IO.File]::WriteAllText($file, 'not a document')
            Watch-Call { Test-Rw2faStore }
        }
        $run.Result.Errors | Should -BeNullOrEmpty
        $run.Result.Output[0].Severity | Should -BeExactly 'error'
        $run.Result.Output[0].Message | Should -Not -BeNullOrEmpty
    }
}

Describe 'SMS' {
    BeforeAll { $store = New-Store }
    AfterAll { Remove-Store $store }

    It 'is configured without the token on a command line, and shows it masked' {
        $program = New-CountingProgram $directory
        $recorder = New-Program $directory "printf '%s\n' `"`$*`" >>`"`$0.arguments`"; exec '$program' `"`$@`""
        $token = ConvertTo-SecureString '0123456789abcdef0123456789abcdef' -AsPlainText -Force
        $env:RW2FA_PROGRAM = $recorder
        try {
            $seen = Watch-Call {
                Set-Rw2faSms -AccountSid "AC$('0' * 32)" -AuthToken $token -From +33700000000 -Verbose 4>&1 |
                    ForEach-Object { "$($_ | Out-String)" }
            }
        } finally { $env:RW2FA_PROGRAM = $null }
        $seen.Errors | Should -BeNullOrEmpty
        "$($seen.Output)" | Should -Not -BeLike '*0123456789abcdef*'
        [System.IO.File]::ReadAllText("$recorder.arguments") | Should -Not -BeLike '*0123456789abcdef*'
        $sms = Get-Rw2faSms
        $sms.Configured | Should -BeTrue
        $sms.AccountSid | Should -BeExactly "AC$('0' * 32)"
        $sms.From | Should -BeExactly '+33700000000'
        "$($sms.AuthToken)" | Should -Not -BeLike '*0123456789abcdef*'
    }

    It 'is removed, and is not configured then' {
        (Remove-Rw2faSms).Result | Should -BeExactly 'removed'
        (Get-Rw2faSms).Configured | Should -BeFalse
        (Watch-Call { Send-Rw2faTestMessage +33612345678 }).Errors.Count | Should -Be 1
    }

    It 'sends a test message through a command, and reports one that fails' {
        $ok = New-Program $directory 'cat >/dev/null; exit 0'
        $bad = New-Program $directory 'cat >/dev/null; echo broken >&2; exit 1'
        $null = Set-Rw2faSms -Command $ok -WarningAction Ignore
        $test = Send-Rw2faTestMessage +33612345678
        $test.Result | Should -BeExactly 'sent'
        $test.To | Should -BeExactly '+33612345678'
        $null = Set-Rw2faSms -Command $bad -WarningAction Ignore
        $seen = Watch-Call { Send-Rw2faTestMessage +33612345678 }
        $seen.Errors.Count | Should -Be 1
        $seen.Errors[0].TargetObject | Should -BeExactly '+33612345678'
    }

    It 'refuses a number that is not one' {
        $seen = Watch-Call { Send-Rw2faTestMessage '-x' }
        $seen.Errors.Count | Should -Be 1
        $seen.Output.Count | Should -Be 0
    }
}

Describe 'The licence' {
    BeforeAll { $store = New-Store }
    AfterAll { Remove-Store $store }

    It 'is shown, with the serial number of the machine' {
        $license = Get-Rw2faLicense
        $license.State | Should -BeExactly 'trial'
        $license.DaysLeft | Should -BeGreaterThan 0
        Get-Rw2faLicense -Serial | Should -BeExactly $license.Serial
    }

    It 'is refused if the file is not one, or is not there: <_>' -ForEach 'garbage.lic', 'missing.lic' {
        [System.IO.File]::WriteAllText("$directory/garbage.lic", 'garbage')
        Push-Location -LiteralPath $directory
        try { $seen = Watch-Call { Set-Rw2faLicense $_ } } finally { Pop-Location }
        $seen.Errors.Count | Should -Be 1
        $seen.Errors[0].TargetObject | Should -BeExactly "$directory/$_"
        $seen.Output.Count | Should -Be 0
    }
}

Describe 'Key and backup' {
    BeforeAll {
        $store = New-Store
        Invoke-Admin users add alice
        Invoke-Admin enable
        $secret = New-EnrolledUser alice -IsListed
    }
    AfterAll { Remove-Store $store }

    It 'are written to new files that PowerShell names, and never over others' {
        Push-Location -LiteralPath $directory
        try {
            $file = Export-Rw2faStore 'backup [1].toml'
            $key = Export-Rw2faKey 'rw2fa.key'
            $seen = Watch-Call { Export-Rw2faStore 'backup [1].toml'; Export-Rw2faKey 'rw2fa.key' }
        } finally { Pop-Location }
        $file | Should -BeOfType ([System.IO.FileInfo])
        $file.FullName | Should -BeExactly "$directory/backup [1].toml"
        $file.Length | Should -BeGreaterThan 100
        $key.FullName | Should -BeExactly "$directory/rw2fa.key"
        $seen.Errors.Count | Should -Be 2
        $seen.Output.Count | Should -Be 0
    }

    It 'restore the users' {
        $file = "$directory/restore.toml"
        $null = Export-Rw2faStore $file
        $null = Remove-Rw2faUser alice
        $seen = Watch-Call { Import-Rw2faStore $file }
        $seen.Errors | Should -BeNullOrEmpty
        ($seen.Output | Where-Object Name -eq alice).Result | Should -BeExactly 'added'
        (Get-Rw2faUser alice).State | Should -BeExactly 'active'
    }

    It 'are refused if the file is damaged, and nothing is changed' {
        [System.IO.File]::WriteAllText("$directory/damaged.toml", 'schema = "x"')
        $before = Get-StoreContent
        $seen = Watch-Call { Import-Rw2faStore "$directory/damaged.toml" }
        $seen.Errors.FullyQualifiedErrorId | Should -Contain 'Rw2fa.refused,Import-Rw2faStore'
        $seen.Errors[0].TargetObject | Should -BeExactly "$directory/damaged.toml"
        $seen.Output.Count | Should -Be 0
        Get-StoreContent | Should -BeExactly $before
        (Watch-Call { Import-Rw2faStore "$directory/none.toml" }).Errors.Count | Should -Be 1
    }

    It 'are renewed while users go on, or reset' {
        $run = Use-StoreCopy {
            Watch-Call {
                (Update-Rw2faKey).Result
                (Get-Rw2faUser alice).State
                (Reset-Rw2faKey | Where-Object Name -eq alice).Result
                (Get-Rw2faUser alice).State
            }
        }
        $run.Result.Errors | Should -BeNullOrEmpty
        $run.Result.Output | Should -BeExactly @('changed', 'active', 'changed', 'none')
    }

    It 'have secrets in the open only after an answer to a question' {
        $call = "Export-Rw2faStore '$directory/secrets.toml' -RevealSecrets"
        $seen = Watch-Call { Invoke-ScriptFile $directory "`$ConfirmPreference = 'High'`n$call" }
        $seen.Errors.Count | Should -Be 1
        [System.IO.File]::Exists("$directory/secrets.toml") | Should -BeFalse
        $seen = Watch-Call { Invoke-ScriptFile $directory "`$ConfirmPreference = 'High'`n$call -Confirm:`$false" }
        $seen.Errors | Should -BeNullOrEmpty
        [System.IO.File]::ReadAllText("$directory/secrets.toml") | Should -BeLike "*$secret*"
        $null = Export-Rw2faStore "$directory/sealed.toml"
        [System.IO.File]::ReadAllText("$directory/sealed.toml") | Should -Not -BeLike "*$secret*"
    }
}
