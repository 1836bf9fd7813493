# Tests of the recipes in examples/powershell/recipes: each runs in a PowerShell of its own, as in a scheduled task.

BeforeAll {
    . "$PSScriptRoot/Store.ps1"

    $script:recipes = [System.IO.Path]::GetFullPath("$PSScriptRoot/../../examples/powershell/recipes")

    # Runs a line in a new PowerShell; $recipe is the path of the recipe. Returns its exit code, output and errors.
    function Invoke-Recipe {
        param([string] $Recipe, [string] $Arguments = '', [hashtable] $Environment = @{}, [string] $Directory = $script:recipes,
            [string] $Before = '')
        $path = [System.IO.Path]::Combine($Directory, "$Recipe.ps1")
        $text = "$Before`n`$ErrorActionPreference = 'Stop'; & '$path' $Arguments; exit `$LASTEXITCODE"
        $file = [System.IO.Path]::Combine([System.IO.Path]::GetTempPath(), 'recipe-' + [guid]::NewGuid().ToString('N') + '.ps1')
        [System.IO.File]::WriteAllText($file, $text)
        $start = [System.Diagnostics.ProcessStartInfo]::new([System.Environment]::ProcessPath)
        $start.Arguments = "-NoProfile -NonInteractive -File $file"
        $start.WorkingDirectory = $script:place
        $start.RedirectStandardInput = $true
        $start.RedirectStandardOutput = $true
        $start.RedirectStandardError = $true
        $start.EnvironmentVariables['NO_COLOR'] = '1'
        $start.EnvironmentVariables['PSModulePath'] = ''
        foreach ($name in $Environment.Keys) { $start.EnvironmentVariables[$name] = $Environment[$name] }
        $process = [System.Diagnostics.Process]::Start($start)
        $process.StandardInput.Dispose()
        $errors = $process.StandardError.ReadToEndAsync()
        $output = $process.StandardOutput.ReadToEnd()
        $process.WaitForExit()
        [System.IO.File]::Delete($file)
        [pscustomobject]@{ Code = $process.ExitCode; Output = $output.TrimEnd(); Errors = $errors.Result.TrimEnd() }
    }

    function Get-ListedName {
        @(Get-Listed | ForEach-Object { $_.name }) -join ' '
    }

    # Makes users who left on this day the ones of some days ago.
    function Set-LeftDaysAgo {
        param([string] $Path, [int] $Days)
        $rows = Import-Csv -LiteralPath $Path
        foreach ($row in $rows) {
            if ($row.missing_since) { $row.missing_since = [datetime]::UtcNow.AddDays(-$Days).ToString('o') }
        }
        $rows | Export-Csv -LiteralPath $Path
    }
}

Describe 'Recipes: all' {
    It '<_> explains itself, and fails without the module' -ForEach @(
        'Sync-Group', 'Get-InactiveReport', 'Invoke-OffBoarding', 'Test-Health', 'Restore-LostPhone'
    ) {
        $script:place = New-Directory
        $help = Get-Help "$script:recipes/$_.ps1"
        $help.Synopsis | Should -Match '^[A-Z].*\.$'
        @($help.examples.example).Count | Should -BeGreaterOrEqual 2
        [System.IO.File]::Copy("$script:recipes/$_.ps1", "$script:place/$_.ps1")
        [System.IO.File]::WriteAllText("$script:place/names.csv", "name`nalice`n")
        $arguments = @{
            'Sync-Group'         = '-Members alice'
            'Invoke-OffBoarding' = 'names.csv'
            'Restore-LostPhone'  = 'alice -Confirm:$false'
        }[$_]
        $run = Invoke-Recipe $_ $arguments -Directory $script:place
        $run.Code | Should -Be 1
        $run.Errors | Should -Match 'error: .*Rw2fa'
        Remove-Directory $script:place
    }
}

Describe 'Recipes: Sync-Group' {
    BeforeEach {
        $store = New-Store
        $script:place = New-Directory
        $state = "$script:place/state.csv"
    }
    AfterEach {
        Remove-Store $store
        Remove-Directory $script:place
    }

    It 'adds members, and says nothing the second time' {
        $names = '$a = ''alice'', "O''Brien", ''x y'', ''CORP\bob'', ''$(touch pwned)'', ''=1+1''; '
        $first = Invoke-Recipe Sync-Group "-Members { $names `$a } -StatePath state.csv"
        $first.Errors | Should -BeNullOrEmpty
        $first.Code | Should -Be 0
        ($first.Output -split "`n").Count | Should -Be 6
        $first.Output | Should -Match '(?m)^added: o''brien$'
        $second = Invoke-Recipe Sync-Group "-Members { $names `$a } -StatePath state.csv"
        $second.Output | Should -BeNullOrEmpty
        $second.Code | Should -Be 0
        @(Get-Listed).Count | Should -Be 6
        [System.IO.File]::Exists("$script:place/pwned") | Should -BeFalse
        @(Import-Csv $state).name | Should -Contain "o'brien"
        $files = [System.IO.Directory]::GetFiles($script:place) | ForEach-Object { [System.IO.Path]::GetFileName($_) } | Sort-Object
        $files | Should -BeExactly @('state.csv', 'state.csv.lock')
    }

    It 'fails while another run is at work, and works after it' {
        $other = [System.IO.File]::Open("$state.lock", 'OpenOrCreate', 'ReadWrite', 'None')
        try {
            $second = Invoke-Recipe Sync-Group '-Members alice -StatePath state.csv'
            $second.Code | Should -Be 1
            $second.Errors | Should -BeLike 'error: another run is at work*'
            Get-ListedName | Should -BeNullOrEmpty
        } finally { $other.Dispose() }
        # The lock is free at the end of a run, not only at that of the process.
        $twice = "-Members alice -StatePath state.csv; & '$script:recipes/Sync-Group.ps1' -Members alice, bob -StatePath state.csv"
        $run = Invoke-Recipe Sync-Group $twice
        $run.Errors | Should -BeNullOrEmpty
        $run.Code | Should -Be 0
        Get-ListedName | Should -Be 'alice bob'
    }

    It 'takes directory objects by their account names, and ignores spelling' {
        Invoke-Admin users add asmith
        $members = '@([pscustomobject]@{ Name = "Alice Smith"; SamAccountName = "ASmith"; objectClass = "user" }, ' +
            '[pscustomobject]@{ Name = "Bob"; SamAccountName = "bob"; objectClass = "user" })'
        $run = Invoke-Recipe Sync-Group "-Members $members -StatePath state.csv"
        $run.Output | Should -BeExactly 'added: bob'
        $run.Code | Should -Be 0
        Get-ListedName | Should -Be 'asmith bob'
    }

    It 'asks the directory for the users of all groups' {
        $before = 'function Get-ADGroupMember { param($Identity, [switch] $Recursive)
            if (-not $Recursive) { throw "not recursive" }
            [pscustomobject]@{ Name = "One of $Identity"; SamAccountName = "$($Identity[0])1"; objectClass = "user" }
            [pscustomobject]@{ Name = "A machine"; SamAccountName = "PC1$"; objectClass = "computer" } }'
        $run = Invoke-Recipe Sync-Group "'Staff', 'Robots' -StatePath state.csv" -Before $before
        $run.Errors | Should -BeNullOrEmpty
        $run.Code | Should -Be 0
        Get-ListedName | Should -Be 'r1 s1'
    }

    It 'removes leavers only after the grace period' {
        $all = @(1..10 | ForEach-Object { "u$_" })
        $stay = "-Members $($all[0..8] -join ',') -StatePath state.csv"
        (Invoke-Recipe Sync-Group "-Members $($all -join ',') -StatePath state.csv").Code | Should -Be 0
        $run = Invoke-Recipe Sync-Group $stay
        $run.Output | Should -BeExactly 'left the group: u10, will be removed in 7 days'
        $run.Code | Should -Be 0
        Set-LeftDaysAgo $state 6
        (Invoke-Recipe Sync-Group $stay).Output | Should -BeNullOrEmpty
        Set-LeftDaysAgo $state 8
        $preview = Invoke-Recipe Sync-Group "$stay -WhatIf"
        $preview.Output | Should -Match 'would be removed: u10'
        @(Get-Listed).Count | Should -Be 10
        $run = Invoke-Recipe Sync-Group $stay
        $run.Output | Should -BeExactly 'removed: u10'
        $run.Code | Should -Be 0
        @(Get-Listed).Count | Should -Be 9
        @(Import-Csv $state).Count | Should -Be 9
    }

    It 'starts the grace period again for a user who came back' {
        $null = Invoke-Recipe Sync-Group '-Members a,b,c,d,e -StatePath state.csv'
        $null = Invoke-Recipe Sync-Group '-Members a,b,c,d -StatePath state.csv'
        Set-LeftDaysAgo $state 30
        $null = Invoke-Recipe Sync-Group '-Members a,b,c,d,e -StatePath state.csv'
        (Invoke-Recipe Sync-Group '-Members a,b,c,d -StatePath state.csv').Output | Should -Match 'left the group: e'
        @(Get-Listed).Count | Should -Be 5
    }

    It 'keeps groups, and users listed by hand unless told otherwise' {
        Invoke-Admin users add byhand --group staff
        $null = Invoke-Recipe Sync-Group '-Members a -StatePath state.csv -GraceDays 0'
        Get-ListedName | Should -Be 'staff a byhand'
        (Invoke-Recipe Sync-Group '-Members a -StatePath state.csv -GraceDays 0 -IncludeOthers -MostPercent 100').Code | Should -Be 0
        Get-ListedName | Should -Be 'staff a'
    }

    It 'refuses to remove too many, unless forced' {
        $null = Invoke-Recipe Sync-Group '-Members a,b,c,d,e -StatePath state.csv'
        $run = Invoke-Recipe Sync-Group '-Members a,b,c,f -StatePath state.csv -GraceDays 0'
        $run.Code | Should -Be 1
        $run.Errors | Should -Match 'error: 2 of 5 users would be removed.*-Force: d, e'
        $run.Output | Should -BeExactly 'added: f'
        Get-ListedName | Should -Be 'a b c d e f'
        $run = Invoke-Recipe Sync-Group '-Members a,b,c,f -StatePath state.csv -GraceDays 0 -Force'
        $run.Code | Should -Be 0
        Get-ListedName | Should -Be 'a b c f'
    }

    It 'removes nobody when the directory fails: <members>' -ForEach @(
        @{ members = '{ }' }
        @{ members = '@()' }
        @{ members = '$null' }
        @{ members = '{ throw "no directory" }' }
        @{ members = '{ "a"; Write-Error "half an answer" -ErrorAction Continue }' }
        @{ members = '{ "a"; Get-Content /nonexistent }' }
        @{ members = '{ "a"; & /bin/sh -c "exit 4" }' }
        @{ members = '{ ""; " " }' }
        @{ members = '{ "a"; [pscustomobject]@{ Name = "sub"; objectClass = "group" } }' }
        @{ members = '{ "a"; @{} }' }
        @{ members = '{ "a"; "bad`e[2Jname" }' }
    ) {
        Invoke-Admin users add a b
        [System.IO.File]::WriteAllText($state, "`"name`",`"missing_since`"`n`"a`",`"`"`n`"b`",`"2020-01-01T00:00:00.0000000Z`"`n")
        $run = Invoke-Recipe Sync-Group "-Members $members -StatePath state.csv -GraceDays 0 -Force"
        $run.Code | Should -Be 1
        $run.Errors | Should -Not -BeNullOrEmpty
        $run.Errors | Should -Not -Match ([string] [char] 27 + '\[2J')
        Get-ListedName | Should -Be 'a b'
    }

    It 'removes nobody without Active Directory' {
        Invoke-Admin users add a
        $run = Invoke-Recipe Sync-Group "'Remote Staff' -StatePath state.csv -GraceDays 0 -Force"
        $run.Code | Should -Be 1
        $run.Errors | Should -Match 'Get-ADGroupMember'
        Get-ListedName | Should -Be 'a'
    }

    It 'removes nobody with a state that cannot be read' {
        Invoke-Admin users add a b
        [System.IO.File]::WriteAllText($state, "name,missing_since`nb,yesterday`n")
        $run = Invoke-Recipe Sync-Group '-Members a -StatePath state.csv -GraceDays 0 -Force'
        $run.Code | Should -Be 1
        $run.Errors | Should -Match 'state.csv cannot be read'
        Get-ListedName | Should -Be 'a b'
    }

    It 'fails without a store, a program, or a place for the state' {
        Invoke-Admin users add a
        foreach ($environment in @{ RW2FA_STORE = '/nonexistent' }, @{ RW2FA_PROGRAM = '/nonexistent' }) {
            $run = Invoke-Recipe Sync-Group '-Members a -StatePath state.csv' $environment
            $run.Code | Should -Be 1
            $run.Errors | Should -Match '^error: '
        }
        (Invoke-Recipe Sync-Group '-Members a -StatePath /nonexistent/state.csv').Code | Should -Be 1
    }

    It 'changes nothing with -WhatIf' {
        $before = Get-StoreContent
        $run = Invoke-Recipe Sync-Group '-Members a,b -StatePath state.csv -WhatIf'
        $run.Code | Should -Be 0
        $run.Output | Should -Match '(?m)^would be added: a$'
        Get-StoreContent | Should -BeExactly $before
        [System.IO.File]::Exists($state) | Should -BeFalse
    }
}

Describe 'Recipes: Get-InactiveReport' {
    BeforeAll {
        $store = New-Store
        $script:place = New-Directory
        Invoke-Admin enable
        Invoke-Admin users add alice "O'Brien" 'x "y"' --notes '=cmd()'
        $null = New-EnrolledUser carol
    }
    AfterAll {
        Remove-Store $store
        Remove-Directory $script:place
    }

    It 'prints who has not enrolled' {
        $run = Invoke-Recipe Get-InactiveReport
        $run.Code | Should -Be 0
        $rows = @($run.Output | ConvertFrom-Csv)
        ($rows.name | Sort-Object) -join '|' | Should -Be "alice|o'brien|x `"y`""
        $rows[0].reason | Should -Be 'not enrolled'
        $rows[0].notes | Should -BeExactly "'=cmd()"
        [datetime] $rows[0].added | Should -BeGreaterThan (Get-Date).AddHours(-1)
        $run.Output | Should -Not -Match 'carol'
    }

    It 'reports who has not signed in for a long time' {
        # A copy of the script whose clock is 100 days ahead.
        $copy = "$script:place/Get-InactiveReport.ps1"
        $module = [System.IO.Path]::GetFullPath("$script:recipes/../Rw2fa/Rw2fa.psd1")
        $script = [System.IO.File]::ReadAllText("$script:recipes/Get-InactiveReport.ps1").Replace('"$PSScriptRoot/../Rw2fa/Rw2fa.psd1"', "'$module'")
        [System.IO.File]::WriteAllText($copy, $script.Replace('(Get-Date).', '(Get-Date).AddDays(100).'))
        $rows = @((Invoke-Recipe Get-InactiveReport '-Days 90' -Directory $script:place).Output | ConvertFrom-Csv)
        ($rows | Where-Object name -eq carol).reason | Should -Be 'no login for 90 days'
        ($rows | Where-Object name -eq carol).last_login | Should -Match '^\d{4}-\d\d-\d\d \d\d:\d\d$'
    }

    It 'writes a file in one step, and keeps it when it fails' {
        $run = Invoke-Recipe Get-InactiveReport '-Path report.csv'
        $run.Code | Should -Be 0
        $run.Output | Should -BeNullOrEmpty
        @(Import-Csv "$script:place/report.csv").Count | Should -Be 3
        $run = Invoke-Recipe Get-InactiveReport '-Path report.csv' @{ RW2FA_STORE = '/nonexistent' }
        $run.Code | Should -Be 1
        $run.Errors | Should -Match '^error: there is no store'
        @(Import-Csv "$script:place/report.csv").Count | Should -Be 3
        (Invoke-Recipe Get-InactiveReport '-Path /nonexistent/report.csv').Code | Should -Be 1
        (Invoke-Recipe Get-InactiveReport '' @{ RW2FA_PROGRAM = '/nonexistent' }).Code | Should -Be 1
    }

    It 'prints only the header when there is nobody to report' {
        $other = New-Store
        $run = Invoke-Recipe Get-InactiveReport
        $run.Code | Should -Be 0
        $run.Output | Should -BeExactly '"name","reason","state","method","added","last_login","notes"'
        Remove-Store $other
        $env:RW2FA_STORE = [System.IO.Path]::Combine($store, 'store')
    }
}

Describe 'Recipes: Invoke-OffBoarding' {
    BeforeEach {
        $store = New-Store
        $script:place = New-Directory
        Invoke-Admin enable
        $null = New-EnrolledUser alice
        Invoke-Admin users add "O'Brien" 'x; y' '$(touch pwned)' stays --group staff
        Invoke-Admin whitelist add alice wendy stays
        function Set-Leaver {
            param([string] $Text)
            [System.IO.File]::WriteAllText("$script:place/leavers.csv", $Text)
        }
    }
    AfterEach {
        Remove-Store $store
        Remove-Directory $script:place
    }

    It 'takes users off both lists, and reports each name' {
        Set-Leaver "name,site`nALICE,Lyon`nwendy,`nO'Brien,`n`"x; y`",`n`$(touch pwned),`nalice,again`n"
        $run = Invoke-Recipe Invoke-OffBoarding 'leavers.csv | ConvertTo-Csv -NoTypeInformation'
        $run.Errors | Should -BeNullOrEmpty
        $run.Code | Should -Be 0
        $rows = @($run.Output | ConvertFrom-Csv)
        $rows.Count | Should -Be 5
        $alice = $rows | Where-Object Name -eq alice
        "$($alice.Grants) $($alice.List) $($alice.Whitelist)" | Should -Be 'changed removed removed'
        $wendy = $rows | Where-Object Name -eq wendy
        "$($wendy.Grants) $($wendy.List) $($wendy.Whitelist)" | Should -Be 'none none removed'
        Get-ListedName | Should -Be 'staff stays'
        (Invoke-Admin whitelist list --format json | ConvertFrom-Json).entries.name | Should -Be 'stays'
        [System.IO.File]::Exists("$script:place/pwned") | Should -BeFalse
        # Grants end first.
        $trail = @((Invoke-Admin audit --user alice --format json | ConvertFrom-Json).lines | Select-Object -Last 3)
        $trail.action -join ', ' | Should -Be 'users revoke, users remove, whitelist remove'
    }

    It 'can be run again, and notes names that are on neither list' {
        Set-Leaver "SamAccountName`nalice`n"
        (Invoke-Recipe Invoke-OffBoarding leavers.csv).Code | Should -Be 0
        $run = Invoke-Recipe Invoke-OffBoarding leavers.csv
        $run.Code | Should -Be 0
        $run.Errors | Should -BeExactly 'note: alice is on neither list'
        $run = Invoke-Recipe Invoke-OffBoarding 'leavers.csv -MustExist'
        $run.Code | Should -Be 1
        $run.Errors | Should -BeExactly 'error: alice is on neither list'
    }

    It 'reports a name that cannot be right, and removes the others' {
        Set-Leaver "name`nalice`n`"bad`t`e[2Jname`"`nO'Brien`n"
        $run = Invoke-Recipe Invoke-OffBoarding 'leavers.csv | ConvertTo-Csv -NoTypeInformation'
        $run.Code | Should -Be 1
        $run.Errors | Should -Match 'error: '
        $run.Errors | Should -Not -Match ([string] [char] 27 + '\[2J')
        Get-ListedName | Should -Be 'staff $(touch pwned) stays x; y'
        @($run.Output | ConvertFrom-Csv | Where-Object List -eq failed).Count | Should -Be 1
    }

    It 'changes nothing with a list that it does not understand: <text>' -ForEach @(
        @{ text = "user`nalice`n" }
        @{ text = "name;site`nalice;x`n" }
        @{ text = "name,type`nalice,`nstaff,group`n" }
        @{ text = "name,site`nalice,`n,Lyon`n" }
    ) {
        Set-Leaver $text
        $before = Get-StoreContent
        $run = Invoke-Recipe Invoke-OffBoarding leavers.csv
        $run.Code | Should -Be 1
        $run.Errors | Should -Match 'nothing was changed'
        Get-StoreContent | Should -BeExactly $before
    }

    It 'takes other delimiters, and an empty list is no work' {
        Set-Leaver "name;site`nalice;x`n"
        (Invoke-Recipe Invoke-OffBoarding "leavers.csv -Delimiter ';'").Code | Should -Be 0
        Get-ListedName | Should -Not -Match 'alice'
        Set-Leaver "name`n"
        $run = Invoke-Recipe Invoke-OffBoarding leavers.csv
        "$($run.Code)$($run.Output)$($run.Errors)" | Should -Be '0'
    }

    It 'changes nothing with -WhatIf, and fails without file, store and program' {
        Set-Leaver "name`nalice`n"
        $before = Get-StoreContent
        $run = Invoke-Recipe Invoke-OffBoarding 'leavers.csv -WhatIf'
        $run.Code | Should -Be 0
        $run.Output | Should -Match 'would be removed'
        Get-StoreContent | Should -BeExactly $before
        (Invoke-Recipe Invoke-OffBoarding none.csv).Code | Should -Be 1
        (Invoke-Recipe Invoke-OffBoarding leavers.csv @{ RW2FA_STORE = '/nonexistent' }).Code | Should -Be 1
        (Invoke-Recipe Invoke-OffBoarding leavers.csv @{ RW2FA_PROGRAM = '/nonexistent' }).Code | Should -Be 1
    }
}

Describe 'Recipes: Test-Health' {
    BeforeAll {
        $store = New-Store
        $script:place = New-Directory
    }
    AfterAll {
        Remove-Store $store
        Remove-Directory $script:place
    }

    It 'shows warnings, and fails for them only with -Strict' {
        $run = Invoke-Recipe Test-Health
        $run.Code | Should -Be 0
        $run.Output | Should -Match '(?m)^warning: enabled: '
        $run.Output | Should -Match '(?m)^    fix: rw2fa enable$'
        $run.Output | Should -Match '(?m)^errors: 0, warnings: \d+$'
        $run.Output | Should -Not -Match '(?m)^info: '
        (Invoke-Recipe Test-Health '-Strict').Code | Should -Be 1
        (Invoke-Recipe Test-Health '-Verbose').Output | Should -Match 'info: '
    }

    It 'fails for an error' {
        $key = "$env:RW2FA_STORE/key"
        [System.IO.File]::Move($key, "$script:place/key")
        $run = Invoke-Recipe Test-Health
        [System.IO.File]::Move("$script:place/key", $key)
        $run.Code | Should -Be 1
        ($run.Output + $run.Errors) | Should -Match 'error: '
    }

    It 'fails for a program that answers something else: <answer>' -ForEach @(
        @{ answer = '{}' }
        @{ answer = '{"findings":[]}' }
        @{ answer = '{"schema":2,"findings":[]}' }
        @{ answer = '[]' }
    ) {
        $program = New-Program $script:place "echo '$answer'"
        $run = Invoke-Recipe Test-Health '' @{ RW2FA_PROGRAM = $program }
        $run.Code | Should -Be 1
        $run.Errors | Should -Match 'rw2fa was not checked'
    }

    It 'fails when there is nothing to check, or nothing that checks: <name>' -ForEach @(
        @{ name = 'no store'; environment = @{ RW2FA_STORE = '/nonexistent' } }
        @{ name = 'no program'; environment = @{ RW2FA_PROGRAM = '/nonexistent' } }
        @{ name = 'another program'; environment = @{ RW2FA_PROGRAM = '/bin/true' } }
        @{ name = 'a failing program'; environment = @{ RW2FA_PROGRAM = '/bin/false' } }
        @{ name = 'an empty path'; environment = @{ PATH = '/nonexistent' } }
    ) {
        $run = Invoke-Recipe Test-Health '' $environment
        $run.Code | Should -Be 1
        $run.Errors | Should -Match 'rw2fa was not checked'
    }
}

Describe 'Recipes: Restore-LostPhone' {
    BeforeEach {
        $store = New-Store
        $script:place = New-Directory
        Invoke-Admin enable
        Invoke-Admin users add "O'Brien" --notes 'ext. 42'
        $secret = New-EnrolledUser "o'brien" -IsListed
    }
    AfterEach {
        Remove-Store $store
        Remove-Directory $script:place
    }

    It 'shows the user, replaces the secret and shows the new one' {
        $run = Invoke-Recipe Restore-LostPhone "`"O'Brien`" -Confirm:`$false"
        $run.Errors | Should -BeNullOrEmpty
        $run.Code | Should -Be 0
        $run.Output | Should -Match "(?m)^user:        o'brien$"
        $run.Output | Should -Match '(?m)^notes:       ext. 42$'
        $run.Output | Should -Match '(?m)^secret: '
        $new = [regex]::Match($run.Output, '(?m)^secret:\s+([A-Z2-7 ]+)$').Groups[1].Value
        $new.Replace(' ', '') | Should -Not -Be $secret
        $answer = Get-AppCode $new | rw2fa-verify --no-groups --code-stdin -- "o'brien" | ConvertFrom-Json
        $answer.reason | Should -Be 'activated'
    }

    It 'writes the QR code to a new file' {
        $run = Invoke-Recipe Restore-LostPhone "`"O'Brien`" -QrFile qr.png -For 3d -Confirm:`$false"
        $run.Code | Should -Be 0
        $run.Output | Should -Not -Match 'secret:'
        [System.IO.File]::ReadAllBytes("$script:place/qr.png")[1..3] | Should -Be 0x50, 0x4e, 0x47
        $run.Output | Should -Match ([datetime]::Now.AddDays(3).ToString('yyyy-MM-dd'))
        # An existing file is not overwritten, and the secret is not replaced.
        $before = Get-StoreContent
        $run = Invoke-Recipe Restore-LostPhone "`"O'Brien`" -QrFile qr.png -Confirm:`$false"
        $run.Code | Should -Be 1
        $run.Errors | Should -Match 'error: '
        Get-StoreContent | Should -BeExactly $before
    }

    It 'changes nothing unless it is confirmed: <options>' -ForEach @(
        @{ options = ''; code = 1 }
        @{ options = '-WhatIf'; code = 0 }
    ) {
        $before = Get-StoreContent
        $run = Invoke-Recipe Restore-LostPhone "`"O'Brien`" $options"
        $run.Code | Should -Be $code
        $run.Output | Should -Match "user:        o'brien"
        $run.Output | Should -Not -Match 'secret:  '
        Get-StoreContent | Should -BeExactly $before
    }

    It 'takes a name, not a pattern, and only of a user: <name>' -ForEach @(
        @{ name = "'o*'" }
        @{ name = "'staff'" }
        @{ name = "'nobody'" }
        @{ name = "'--all'" }
        @{ name = "''" }
    ) {
        Invoke-Admin users add --group staff
        $before = Get-StoreContent
        $run = Invoke-Recipe Restore-LostPhone "$name -Confirm:`$false"
        $run.Code | Should -Be 1
        Get-StoreContent | Should -BeExactly $before
    }

    It 'fails without a store or a program' {
        foreach ($environment in @{ RW2FA_STORE = '/nonexistent' }, @{ RW2FA_PROGRAM = '/nonexistent' }) {
            (Invoke-Recipe Restore-LostPhone 'alice -Confirm:$false' $environment).Code | Should -Be 1
        }
    }
}
