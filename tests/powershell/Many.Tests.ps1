# Thousands of names, and several callers at once.

BeforeAll {
    . "$PSScriptRoot/Store.ps1"
    Import-TestModule
    $directory = New-Directory
    $ConfirmPreference = 'None'
}

AfterAll {
    $env:RW2FA_PROGRAM = $null
    Remove-Directory $directory
}

Describe '3,000 names' {
    BeforeAll {
        $store = New-Store
        $env:RW2FA_PROGRAM = New-CountingProgram $directory
        $names = 1..3000 | ForEach-Object { "CORP\user$_" }
        function Watch-Run([scriptblock] $Script) {
            $before = Get-RunCount $env:RW2FA_PROGRAM
            $seen = Watch-Call $Script
            [pscustomobject]@{ Seen = $seen; Runs = (Get-RunCount $env:RW2FA_PROGRAM) - $before }
        }
    }
    AfterAll {
        $env:RW2FA_PROGRAM = $null
        Remove-Store $store
    }

    It 'are added, found and removed with one run of the program each' {
        $run = Watch-Run { $names | Add-Rw2faUser }
        $run.Seen.Errors | Should -BeNullOrEmpty
        $run.Seen.Output.Count | Should -Be 3000
        $run.Runs | Should -Be 1

        $run = Watch-Run { Get-Rw2faUser }
        $run.Seen.Output.Count | Should -Be 3000
        $run.Runs | Should -Be 1

        $run = Watch-Run { $names | Get-Rw2faUser }
        $run.Seen.Errors | Should -BeNullOrEmpty
        $run.Seen.Output.Count | Should -Be 3000
        $run.Seen.Output[0].Name | Should -BeExactly 'corp\user1'
        $run.Runs | Should -Be 1

        # An error here and there takes a second run, not one for each.
        $run = Watch-Run { @($names[0..2989]) + 'ghost', 'phantom' | Remove-Rw2faUser }
        $run.Seen.Errors.TargetObject | Should -BeExactly @('ghost', 'phantom')
        $run.Seen.Output.Count | Should -Be 2990
        $run.Runs | Should -BeLessOrEqual 2

        $run = Watch-Run { Get-Rw2faUser | Remove-Rw2faUser }
        $run.Seen.Output.Count | Should -Be 10
        $run.Runs | Should -Be 2
    }

    It 'never travel on the command line' {
        $recorder = New-Program $directory (
            'printf "%s\n" "$*" >>"$0.arguments"; cat >/dev/null; echo ''{"schema":1,"dry_run":false,"changes":[]}''')
        $counting = $env:RW2FA_PROGRAM
        $env:RW2FA_PROGRAM = $recorder
        try {
            $calls = 'Add-Rw2faUser', 'Set-Rw2faUser -Notes x', 'Reset-Rw2faUser', 'Unlock-Rw2faUser', 'Revoke-Rw2faGrant',
                'Remove-Rw2faUser', 'Add-Rw2faWhitelist', 'Remove-Rw2faWhitelist'
            foreach ($call in $calls) {
                $null = Watch-Call ([scriptblock]::Create("'CORP\secretname1', 'CORP\secretname2' | $call"))
            }
        } finally {
            $env:RW2FA_PROGRAM = $counting
        }
        $lines = [System.IO.File]::ReadAllLines("$recorder.arguments")
        $lines.Count | Should -Be 8
        $lines | Should -Not -BeLike '*secretname*'
        foreach ($line in $lines) { $line | Should -BeLike '*--from -' }
    }
}

Describe 'Ten runspaces' {
    BeforeAll { $store = New-Store }
    AfterAll { Remove-Store $store }

    It 'add 20 names each at once, and none is lost' {
        $pool = [runspacefactory]::CreateRunspacePool(1, 10)
        $pool.Open()
        $work = foreach ($i in 1..10) {
            $shell = [powershell]::Create()
            $shell.RunspacePool = $pool
            $null = $shell.AddScript({
                    param($Manifest, $Number)
                    $ErrorActionPreference = 'Stop'
                    Import-Module $Manifest
                    foreach ($half in 0, 10) {
                        1..10 | ForEach-Object { "user$Number-$($_ + $half)" } | Add-Rw2faUser -Confirm:$false
                    }
                }).AddArgument($script:ModuleManifest).AddArgument($i)
            [pscustomobject]@{ Shell = $shell; Handle = $shell.BeginInvoke() }
        }
        $results = foreach ($one in $work) {
            $one.Shell.EndInvoke($one.Handle)
            $one.Shell.Streams.Error | Should -BeNullOrEmpty
            $one.Shell.Dispose()
        }
        $pool.Dispose()
        @($results).Count | Should -Be 200
        @($results.Result | Select-Object -Unique) | Should -BeExactly @('added')
        @(Get-Listed).Count | Should -Be 200
    }
}
