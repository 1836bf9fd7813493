# What each function for users does. What all of them have in common is tested in Change, Pipeline and Caller.

BeforeAll {
    . "$PSScriptRoot/Store.ps1"
    Import-TestModule
    $directory = New-Directory
    $ConfirmPreference = 'None'
    function Write-List([string] $Text) {
        $file = "$directory/list-$([guid]::NewGuid().ToString('N')).csv"
        [System.IO.File]::WriteAllText($file, $Text)
        $file
    }
}

AfterAll { Remove-Directory $directory }

Describe 'Get-Rw2faUser' {
    BeforeAll {
        $store = New-Store
        Set-Gateway $directory
        Invoke-Admin users add alice 'CORP\bob' 'CORP\carol' sales 'a*b'
        Invoke-Admin users add dora --method sms --phone +33612345678 --notes 'a note'
        Invoke-Admin users add --group sales
        Invoke-Admin enable
        $null = New-EnrolledUser alice -IsListed
    }
    AfterAll { Remove-Store $store }

    It 'returns all users and groups' {
        (Get-Rw2faUser).Count | Should -Be 7
        (Get-Rw2faUser)[0].PSObject.TypeNames[0] | Should -BeExactly 'Rw2fa.User'
    }

    It 'has the properties of a user' {
        $user = Get-Rw2faUser dora
        "$($user.Name) $($user.Type) $($user.Method) $($user.Phone) $($user.State) $($user.Listed) $($user.Notes)" |
            Should -BeExactly 'dora user sms +33612345678 none True a note'
        $user.LockedUntil | Should -BeNullOrEmpty
        $user.LastLogin | Should -BeNullOrEmpty
        (Get-Rw2faUser alice).LastLogin.Kind | Should -Be 'Local'
    }

    It 'finds by pattern, in any case, and each entry once' {
        (Get-Rw2faUser 'corp\*').Name | Should -BeExactly @('corp\bob', 'corp\carol')
        (Get-Rw2faUser 'ALICE').Name | Should -BeExactly 'alice'
        (Get-Rw2faUser 'CORP\B*', 'corp\bob', 'c*').Name | Should -BeExactly @('corp\bob', 'corp\carol')
        (Get-Rw2faUser '?lice').Name | Should -BeExactly 'alice'
        (Get-Rw2faUser '[ad]*' -Type user).Name | Should -BeExactly @('a*b', 'alice', 'dora')
    }

    It 'takes a name with wildcard characters as itself first' {
        (Get-Rw2faUser 'a*b').Name | Should -BeExactly 'a*b'
        (Get-Rw2faUser -LiteralName 'a*b').Name | Should -BeExactly 'a*b'
    }

    It 'does not report a pattern that matches nothing' {
        $seen = Watch-Call { Get-Rw2faUser 'x*'; $? }
        $seen.Errors | Should -BeNullOrEmpty
        $seen.Output | Should -Be @($true)
    }

    It 'reports each literal name that is not there, and returns the others' {
        $seen = Watch-Call { 'ghost', 'alice', 'phantom' | Get-Rw2faUser }
        $seen.Errors.TargetObject | Should -BeExactly @('ghost', 'phantom')
        $seen.Errors.FullyQualifiedErrorId | Should -BeExactly @('Rw2fa.not-found,Get-Rw2faUser', 'Rw2fa.not-found,Get-Rw2faUser')
        $seen.Output.Name | Should -BeExactly @('alice')
        (Watch-Call { Get-Rw2faUser -LiteralName 'a*' }).Errors[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
    }

    It 'reports a pattern that is not valid' {
        $seen = Watch-Call { Get-Rw2faUser '[a' }
        $seen.Errors.Count | Should -Be 1
        $seen.Errors[0].TargetObject | Should -BeExactly '[a'
    }

    It 'filters by type, state and method' {
        (Get-Rw2faUser -Type group).Name | Should -BeExactly 'sales'
        (Get-Rw2faUser sales).Type | Should -BeExactly @('group', 'user')
        (Get-Rw2faUser -State active).Name | Should -BeExactly 'alice'
        (Get-Rw2faUser -State none, active).Count | Should -Be 6
        (Get-Rw2faUser -Method sms).Name | Should -BeExactly 'dora'
        Get-Rw2faUser 'corp\*' -State active | Should -BeNullOrEmpty
    }

    It 'reads the details of users and groups' {
        $all = Get-Rw2faUser -Detailed
        $all.Count | Should -Be 7
        $alice = $all | Where-Object Name -eq alice
        $alice.Activated.Kind | Should -Be 'Local'
        $alice.Grants | Should -Be 1
        $alice.RecoveryCodesLeft | Should -Be 0
        $alice.FailedAttempts | Should -Be 0
        $alice.PSObject.TypeNames | Should -Contain 'Rw2fa.User'
    }
}

Describe 'Add-Rw2faUser' {
    BeforeAll {
        $store = New-Store
        Set-Gateway $directory
    }
    AfterAll { Remove-Store $store }
    AfterEach { Clear-Store }

    It 'fills in what an object lacks, and does not replace what it has' {
        $rows = [pscustomobject]@{ Name = 'a'; Notes = 'own' }, [pscustomobject]@{ Name = 'b'; Notes = '' }
        $null = $rows | Add-Rw2faUser -Notes 'from the parameter'
        (Get-Rw2faUser).Notes | Should -BeExactly @('own', 'from the parameter')
    }

    It 'adds users with SMS from a list' {
        $file = Write-List "name,method,phone`ncarol,sms,+33612345678`ndave,,`n"
        $seen = Watch-Call { Import-Csv $file | Add-Rw2faUser }
        $seen.Errors | Should -BeNullOrEmpty
        (Get-Rw2faUser).Method | Should -BeExactly @('sms', 'app')
        (Get-Rw2faUser carol).Phone | Should -BeExactly '+33612345678'
    }

    It 'reports what is listed already as unchanged' {
        (Add-Rw2faUser a).Result | Should -BeExactly 'added'
        (Add-Rw2faUser a, b).Result | Should -BeExactly @('unchanged', 'added')
    }

    It 'refuses a method that does not exist, from a parameter and from an object' {
        (Watch-Call { Add-Rw2faUser a -Method fax }).Errors.Count | Should -Be 1
        $seen = Watch-Call { [pscustomobject]@{ Name = 'a'; Method = 'fax' } | Add-Rw2faUser }
        $seen.Errors.Count | Should -Be 1
        Get-Listed | Should -BeNullOrEmpty
    }

    It 'refuses SMS without a phone number for one user, and adds the others' {
        $rows = [pscustomobject]@{ Name = 'a'; Method = 'sms' }, [pscustomobject]@{ Name = 'b' }
        $seen = Watch-Call { $rows | Add-Rw2faUser }
        $seen.Errors.Count | Should -Be 1
        $seen.Errors[0].TargetObject.Name | Should -BeExactly 'a'
        $seen.Output.Name | Should -BeExactly @('b')
    }

    It 'reports an ambiguous name as a conflict' {
        $null = Add-Rw2faUser 'CORP\a'
        $seen = Watch-Call { Add-Rw2faUser a }
        $seen.Errors[0].FullyQualifiedErrorId | Should -BeExactly 'Rw2fa.conflict,Add-Rw2faUser'
        $seen.Errors[0].CategoryInfo.Category | Should -Be 'ResourceExists'
    }

    It 'reports a name that is given twice, and adds it once' {
        $seen = Watch-Call { 'a', 'b', 'A' | Add-Rw2faUser }
        @($seen.Output.Name | Sort-Object) | Should -BeExactly @('a', 'b')
        (Get-Listed).name | Should -BeExactly @('a', 'b')
    }

    It 'warns of names that the system does not know, or fails with -MustExist' {
        Invoke-Admin advanced set names system
        try {
            $seen = Watch-Call { Add-Rw2faUser 'no-such-account-here' }
            $seen.Warnings.Count | Should -Be 1
            $seen.Output.Result | Should -BeExactly 'added'
            $seen = Watch-Call { Add-Rw2faUser 'no-such-account-either', 'root' -MustExist }
            $seen.Errors.Count | Should -Be 1
            $seen.Errors[0].TargetObject | Should -BeExactly 'no-such-account-either'
            $seen.Output.Name | Should -BeExactly @('root')
        } finally {
            Invoke-Admin advanced set names portal
        }
    }
}

Describe 'Import-Rw2faUser' {
    BeforeAll {
        $store = New-Store
        $ErrorActionPreference = 'Continue'
    }
    AfterAll { Remove-Store $store }
    AfterEach { Clear-Store }

    It 'adds nobody if a line is bad, and reports each bad line' {
        $file = Write-List "name,type`ngood,user`nbad?,user`ngroup,team`n"
        $seen = Watch-Call { Import-Rw2faUser $file }
        $seen.Errors.Count | Should -Be 2
        $seen.Errors.TargetObject | Sort-Object -Unique | Should -BeExactly $file
        "$($seen.Errors[0])" | Should -BeLike '*line 3*'
        "$($seen.Errors[1])" | Should -BeLike '*line 4*'
        $seen.Output.Count | Should -Be 0
        Get-Listed | Should -BeNullOrEmpty
    }

    It 'reports a file that is not there, and imports the others' {
        $file = Write-List "name`ngood`n"
        $seen = Watch-Call { "$directory/missing.csv", $file | Import-Rw2faUser }
        $seen.Errors.Count | Should -Be 1
        $seen.Errors[0].FullyQualifiedErrorId | Should -BeExactly 'Rw2fa.not-found,Import-Rw2faUser'
        $seen.Errors[0].TargetObject | Should -BeExactly "$directory/missing.csv"
        $seen.Output.Name | Should -BeExactly 'good'
    }

    It 'takes files from Get-ChildItem, and names with brackets and spaces' {
        $odd = "$directory/lists [new]"
        $null = [System.IO.Directory]::CreateDirectory($odd)
        [System.IO.File]::WriteAllText("$odd/a [1].csv", "name`nfirst`n")
        [System.IO.File]::WriteAllText("$odd/-b.csv", "name`nsecond`n")
        $seen = Watch-Call { Get-ChildItem -LiteralPath $odd | Import-Rw2faUser }
        $seen.Errors | Should -BeNullOrEmpty
        @($seen.Output.Name | Sort-Object) | Should -BeExactly @('first', 'second')
    }

    It 'looks for a file where PowerShell is, not where the process is' {
        [System.IO.File]::WriteAllText("$directory/relative.csv", "name`nhere`n")
        Push-Location -LiteralPath $directory
        try { $seen = Watch-Call { Import-Rw2faUser relative.csv } } finally { Pop-Location }
        $seen.Errors | Should -BeNullOrEmpty
        $seen.Output.Name | Should -BeExactly 'here'
    }

    It 'refuses a path outside of the file system' {
        $seen = Watch-Call { Import-Rw2faUser Env:/PATH }
        $seen.Errors.Count | Should -Be 1
        $seen.Errors[0].CategoryInfo.Category | Should -Be 'InvalidArgument'
    }

    It 'reads lists as Excel saves them: <Case>' -ForEach @(
        @{ Case = 'semicolons'; Text = "name;notes`nalice;a, b`n" }
        @{ Case = 'tabs'; Text = "name`tnotes`nalice`ta, b`n" }
        @{ Case = 'line ends of Windows'; Text = "name,notes`r`nalice,`"a, b`"`r`n" }
        @{ Case = 'a byte order mark'; Text = [string] [char] 0xfeff + "name,notes`nalice,`"a, b`"`n" }
    ) {
        $file = Write-List $Text
        $seen = Watch-Call { Import-Rw2faUser $file }
        $seen.Errors | Should -BeNullOrEmpty
        (Get-Rw2faUser alice).Notes | Should -BeExactly 'a, b'
    }
}

Describe 'Set-Rw2faUser' {
    BeforeAll {
        $store = New-Store
        Set-Gateway $directory
        Invoke-Admin users add alice bob --notes old
        Invoke-Admin users add --group staff
    }
    AfterAll { Remove-Store $store }

    It 'changes method and phone, and deletes them with an empty text' {
        (Set-Rw2faUser alice -Method sms -Phone +33612345678).Result | Should -BeExactly 'changed'
        $user = Get-Rw2faUser alice
        "$($user.Method) $($user.Phone) $($user.Notes)" | Should -BeExactly 'sms +33612345678 old'
        (Set-Rw2faUser alice -Method app -Phone '' -Notes '').Result | Should -BeExactly 'changed'
        $user = Get-Rw2faUser alice
        "$($user.Method) $($user.Phone) $($user.Notes)" | Should -BeExactly 'app  '
        (Set-Rw2faUser alice -Method app).Result | Should -BeExactly 'unchanged'
    }

    It 'changes users and groups from the pipeline' {
        $seen = Watch-Call { Get-Rw2faUser | Set-Rw2faUser -Notes '=1+1' }
        $seen.Errors | Should -BeNullOrEmpty
        (Get-Rw2faUser).Notes | Should -BeExactly @('=1+1', '=1+1', '=1+1')
    }

    It 'does not give one phone number to several users' {
        $before = Get-StoreContent
        $seen = Watch-Call { 'alice', 'bob' | Set-Rw2faUser -Phone +33612345678 }
        $seen.Errors.Count | Should -Be 1
        $seen.Errors[0].CategoryInfo.Category | Should -Be 'InvalidArgument'
        Get-StoreContent | Should -BeExactly $before
    }

    It 'is an error without anything to change' {
        $seen = Watch-Call { Set-Rw2faUser alice }
        $seen.Errors.FullyQualifiedErrorId | Should -BeExactly @('Rw2fa.usage,Set-Rw2faUser')
    }

    It 'refuses a phone number that is not one' {
        $seen = Watch-Call { Set-Rw2faUser alice -Phone 0612345678 }
        $seen.Errors.Count | Should -Be 1
        (Get-Rw2faUser alice).Phone | Should -BeNullOrEmpty
    }
}

Describe 'Secrets and codes' {
    BeforeAll {
        $store = New-Store
        Invoke-Admin users add alice bob carol dave eve frank
        Invoke-Admin enable
        $secrets = @{}
        foreach ($name in 'alice', 'bob', 'dave') { $secrets[$name] = New-EnrolledUser $name -IsListed }
    }
    AfterAll { Remove-Store $store }

    It 'of New-Rw2faEnrolment sign the user in' {
        Push-Location -LiteralPath $directory
        try { $made = New-Rw2faEnrolment carol -For 3d -QrFile 'carol [1].png' } finally { Pop-Location }
        $made.PSObject.TypeNames[0] | Should -BeExactly 'Rw2fa.Enrolment'
        $made.Name | Should -BeExactly 'carol'
        $made.ValidUntil | Should -BeGreaterThan ([datetime]::Now.AddHours(71))
        $made.ValidUntil.Kind | Should -Be 'Local'
        [System.IO.File]::Exists("$directory/carol [1].png") | Should -BeTrue
        (Get-Rw2faUser carol).State | Should -BeExactly 'pending'
    }

    It 'of an enrolment without a file are shown, and work' {
        $made = New-Rw2faEnrolment eve
        $made.Uri | Should -BeLike 'otpauth://totp/*'
        (Confirm-Rw2faLogin eve -Code (Get-AppCode $made.Secret) -NoGroups).Granted | Should -BeTrue
    }

    It 'are not replaced for a user who has enrolled' {
        $seen = Watch-Call { New-Rw2faEnrolment alice }
        $seen.Errors.Count | Should -Be 1
        $seen.Errors[0].FullyQualifiedErrorId | Should -BeExactly 'Rw2fa.refused,New-Rw2faEnrolment'
        $seen.Output.Count | Should -Be 0
    }

    It 'of a lost phone no longer work' {
        $made = New-Rw2faEnrolment dave -LostPhone
        (Confirm-Rw2faLogin dave -Code (Get-AppCode $secrets.dave 1) -NoGroups).Granted | Should -BeFalse
        (Confirm-Rw2faLogin dave -Code (Get-AppCode $made.Secret) -NoGroups).Granted | Should -BeTrue
    }

    It 'for recovery sign the user in once each' {
        $codes = New-Rw2faRecoveryCode alice -Count 3
        $codes.Count | Should -Be 3
        @($codes.Name | Select-Object -Unique) | Should -BeExactly @('alice')
        (Confirm-Rw2faLogin alice -Code $codes[1].Code -NoGroups).Reason | Should -BeExactly 'recovery-code-accepted'
        (Confirm-Rw2faLogin alice -Code $codes[1].Code -NoGroups).Granted | Should -BeFalse
        (Get-Rw2faUser alice -Detailed).RecoveryCodesLeft | Should -Be 2
    }

    It 'that are temporary sign a user in until they are deleted' {
        $code = New-Rw2faTemporaryCode frank -Uses 3
        $code.Uses | Should -Be 3
        (Confirm-Rw2faLogin frank -Code $code.Code -NoGroups).Reason | Should -BeExactly 'temporary-code-accepted'
        (Get-Rw2faUser frank -Detailed).TemporaryCodeUsesLeft | Should -Be 2
        (Remove-Rw2faTemporaryCode frank).Result | Should -BeExactly 'changed'
        (Confirm-Rw2faLogin frank -Code $code.Code -NoGroups).Granted | Should -BeFalse
    }

    It 'are deleted by Reset-Rw2faUser, and grants end with Revoke-Rw2faGrant' {
        (Confirm-Rw2faLogin bob -NoGroups -Session html5).Granted | Should -BeTrue
        (Revoke-Rw2faGrant bob).Result | Should -BeExactly 'changed'
        (Confirm-Rw2faLogin bob -NoGroups -Session html5).Granted | Should -BeFalse
        (Reset-Rw2faUser bob).Result | Should -BeExactly 'changed'
        (Get-Rw2faUser bob).State | Should -BeExactly 'none'
    }

    It 'can be tried again after Unlock-Rw2faUser' {
        Lock-User alice $secrets.alice
        (Get-Rw2faUser -State locked).Name | Should -BeExactly 'alice'
        $seen = Watch-Call { Get-Rw2faUser -State locked | Unlock-Rw2faUser }
        $seen.Output.Name | Should -BeExactly 'alice'
        (Get-Rw2faUser alice).State | Should -BeExactly 'active'
        (Get-Rw2faUser alice).LockedUntil | Should -BeNullOrEmpty
    }

    It 'are errors for a name that is not there: <_>' -ForEach @(
        'New-Rw2faEnrolment', 'New-Rw2faRecoveryCode', 'New-Rw2faTemporaryCode', 'Remove-Rw2faTemporaryCode'
        'Reset-Rw2faUser', 'Unlock-Rw2faUser', 'Revoke-Rw2faGrant', 'Remove-Rw2faUser'
    ) {
        $call = $_
        $row = [pscustomobject]@{ Name = 'ghost' }
        $seen = Watch-Call { $row | & $call }
        $seen.Errors.FullyQualifiedErrorId | Should -BeExactly @("Rw2fa.not-found,$call")
        $seen.Errors[0].TargetObject.Name | Should -BeExactly 'ghost'
        $seen.Output.Count | Should -Be 0
    }

    It 'and users are removed without an error for those who are gone: -IgnoreMissing' {
        $seen = Watch-Call { 'ghost', 'frank' | Remove-Rw2faUser -IgnoreMissing }
        $seen.Errors | Should -BeNullOrEmpty
        ($seen.Output | Where-Object Name -eq frank).Result | Should -BeExactly 'removed'
    }
}
