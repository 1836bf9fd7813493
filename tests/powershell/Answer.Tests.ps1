# What the functions make of the program's answers, and of programs that are not rw2fa.

BeforeDiscovery {
    # Prints an error document and ends.
    function Get-ErrorText([string] $Kind, [string] $Message, [string] $Hint = 'null', [int] $ExitCode = 4) {
        "echo '{`"schema`":1,`"error`":{`"kind`":`"$Kind`",`"message`":`"$Message`",`"hint`":$Hint}}' >&2; exit $ExitCode"
    }
    $script:Answers = @(
        @{ Case = 'prints garbage'; Text = 'echo hello'; Id = 'program' }
        @{ Case = 'prints nothing'; Text = 'exit 0'; Id = 'program' }
        @{ Case = 'prints half of a document'; Text = 'printf ''{"schema":1,"entries":[''; exit 0'; Id = 'program' }
        @{ Case = 'fails without a word'; Text = 'exit 1'; Id = 'program' }
        @{ Case = 'fails with text'; Text = 'echo "error: unexpected" >&2; exit 2'; Id = 'program' }
        @{ Case = 'is killed'; Text = 'kill -9 $$'; Id = 'program' }
        @{ Case = 'prints 1 MB of garbage on both streams'
            Text = 'head -c 1048576 /dev/zero | tr "\0" o; head -c 1048576 /dev/zero | tr "\0" e >&2; exit 3'; Id = 'program' }
        @{ Case = 'reports that the store is busy'; Id = 'busy'; Category = 'ResourceBusy'
            Text = Get-ErrorText busy 'the store is busy' }
        @{ Case = 'reports a system error'; Id = 'system'; Category = 'NotSpecified'
            Text = Get-ErrorText system 'the disk is full' }
        @{ Case = 'reports a timeout'; Id = 'timeout'; Category = 'OperationTimeout'
            Text = Get-ErrorText timeout 'too slow' }
        @{ Case = 'may not read the store'; Id = 'store'; Category = 'PermissionDenied'
            Text = Get-ErrorText store '/x: permission denied' '"run as root"' }
        @{ Case = 'reports a kind that is not known yet'; Id = 'new-kind'; Category = 'NotSpecified'
            Text = Get-ErrorText new-kind 'something new' -ExitCode 1 }
    )
}

BeforeAll {
    . "$PSScriptRoot/Store.ps1"
    Import-TestModule
    $directory = New-Directory
    $ConfirmPreference = 'None'
    # An entry of the list, with a field that this module does not know.
    function Get-EntryText([string] $LockedUntil = '', [string] $Notes = '') {
        [ordered]@{
            name = 'a'; type = 'user'; method = 'app'; phone = $null; state = 'none'; enrolment = 'none'; listed = $true
            locked_until = $LockedUntil; last_login = $null; notes = $Notes; new = @(1)
        } | ConvertTo-Json -Compress
    }
}

AfterAll {
    $env:RW2FA_PROGRAM = $null
    Remove-Directory $directory
}

Describe 'A program that' {
    AfterEach { $env:RW2FA_PROGRAM = $null }

    It '<Case> is one error, for a function that reads' -ForEach $script:Answers {
        $env:RW2FA_PROGRAM = New-Program $directory $Text
        $Error.Clear()
        $seen = Watch-Call { Get-Rw2faUser }
        $seen.Errors.FullyQualifiedErrorId | Should -BeExactly @("Rw2fa.$Id,Get-Rw2faUser")
        if ($_.ContainsKey('Category')) { $seen.Errors[0].CategoryInfo.Category | Should -Be $Category }
        $seen.Output.Count | Should -Be 0
    }

    It '<Case> is one error, for a function that changes' -ForEach $script:Answers {
        $env:RW2FA_PROGRAM = New-Program $directory "cat >/dev/null; $Text"
        $seen = Watch-Call { 'alice', 'bob' | Add-Rw2faUser }
        $seen.Errors.FullyQualifiedErrorId | Should -BeExactly @("Rw2fa.$Id,Add-Rw2faUser")
        $seen.Output.Count | Should -Be 0
    }

    It 'is missing is one error: <_>' -ForEach '/nonexistent/rw2fa', 'no-such-program', './rw2fa', '[rw2fa]' {
        $env:RW2FA_PROGRAM = $_
        $Error.Clear()
        $seen = Watch-Call { Get-Rw2faUser }
        $seen.Errors.FullyQualifiedErrorId | Should -BeExactly @('Rw2fa.program,Get-Rw2faUser')
        $seen.Errors[0].TargetObject | Should -BeExactly $_
        $seen.Errors[0].Exception.Data['hint'] | Should -Not -BeNullOrEmpty
        $Error.Count | Should -Be 1
    }

    It 'is missing on the path is one error' {
        $path = $env:PATH
        $env:PATH = $directory
        try { $seen = Watch-Call { Get-Rw2faUser } } finally { $env:PATH = $path }
        $seen.Errors.FullyQualifiedErrorId | Should -BeExactly @('Rw2fa.program,Get-Rw2faUser')
    }

    It 'cannot be run is one error' {
        $file = New-Program $directory ''
        [System.IO.File]::WriteAllText($file, 'not a program')
        $env:RW2FA_PROGRAM = $file
        $seen = Watch-Call { Get-Rw2faUser }
        $seen.Errors.FullyQualifiedErrorId | Should -BeExactly @('Rw2fa.program,Get-Rw2faUser')
    }

    It 'hangs is stopped, and is one error' {
        $env:RW2FA_PROGRAM = New-Program $directory 'exec sleep 600'
        $seen = Watch-Call {
            Invoke-Private {
                function Get-Slowly {
                    [CmdletBinding()]
                    param()
                    Read-Rw2fa $PSCmdlet @('users', 'list') -Seconds 0.5
                }
                Get-Slowly
            }
        }
        $seen.Errors.Count | Should -Be 1
        $seen.Errors[0].FullyQualifiedErrorId | Should -BeLike 'Rw2fa.timeout,*'
        $seen.Errors[0].CategoryInfo.Category | Should -Be 'OperationTimeout'
    }

    It 'lies in a directory with spaces and brackets is run' {
        $odd = "$directory/a [b] c"
        $null = [System.IO.Directory]::CreateDirectory($odd)
        $env:RW2FA_PROGRAM = New-Program $odd 'echo ''{"schema":1,"entries":[]}'''
        $seen = Watch-Call { Get-Rw2faUser; $? }
        $seen.Errors | Should -BeNullOrEmpty
        $seen.Output | Should -Be @($true)
    }

    It 'warns has warnings, which a caller can keep or silence' {
        $env:RW2FA_PROGRAM = New-Program $directory 'echo "warning: take care" >&2; echo ''{"schema":1,"entries":[]}'''
        (Watch-Call { Get-Rw2faUser }).Warnings.Message | Should -BeExactly @('take care')
        $seen = Watch-Call { Get-Rw2faUser -WarningAction SilentlyContinue -WarningVariable kept; $kept.Message }
        $seen.Output | Should -BeExactly @('take care')
        $seen = Watch-Call { Invoke-ScriptFile $directory "`$WarningPreference = 'SilentlyContinue'`nGet-Rw2faUser" }
        $seen.Warnings | Should -BeNullOrEmpty
        (Watch-Call { Get-Rw2faUser -WarningAction Stop }).IsTerminated | Should -BeTrue
    }

    It 'has fields that this module does not know is understood' {
        $env:RW2FA_PROGRAM = New-Program $directory "echo '{`"schema`":1,`"newer`":{},`"entries`":[$(Get-EntryText)]}'"
        $seen = Watch-Call { Get-Rw2faUser }
        $seen.Errors | Should -BeNullOrEmpty
        $seen.Output.Name | Should -BeExactly 'a'
    }

    It 'has notes that look like a time keeps them as text' {
        $time = '2026-11-24T08:00:00Z'
        $env:RW2FA_PROGRAM = New-Program $directory "echo '{`"schema`":1,`"entries`":[$(Get-EntryText $time $time)]}'"
        $user = Get-Rw2faUser
        $user.Notes | Should -BeOfType ([string])
        $user.Notes | Should -BeExactly '2026-11-24T08:00:00Z'
        $user.LockedUntil | Should -BeOfType ([datetime])
        $user.LockedUntil.Kind | Should -Be 'Local'
        $user.LockedUntil.ToUniversalTime() | Should -Be ([datetime]::new(2026, 11, 24, 8, 0, 0))
    }
}
