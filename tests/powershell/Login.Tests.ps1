# Confirm-Rw2faLogin, which decides a login. Whatever the verifier does, Granted is true only for a grant.

BeforeDiscovery {
    $script:Verifiers = & "$PSScriptRoot/Verifiers.ps1"
}

BeforeAll {
    . "$PSScriptRoot/Store.ps1"
    Import-TestModule
    $directory = New-Directory
    $grant = '{"schema":1,"user":"alice","outcome":"grant","reason":"code-accepted","message":"Hi","language":"en"}'
}

AfterAll {
    $env:RW2FA_VERIFIER = $null
    Remove-Directory $directory
}

Describe 'A verifier that' {
    AfterEach { $env:RW2FA_VERIFIER = $null }

    It '<Case> does not grant: <Reason>' -ForEach $script:Verifiers {
        $env:RW2FA_VERIFIER = New-Program $directory $Text
        $limit = if ($Reason -eq 'time-limit') { 1 } else { 60 }
        $seen = Watch-Call { Confirm-Rw2faLogin alice -NoGroups -Seconds $limit }
        $seen.Errors | Should -BeNullOrEmpty
        $seen.Output.Count | Should -Be 1
        $seen.Output[0].Granted | Should -BeOfType ([bool])
        $seen.Output[0].Granted | Should -BeFalse
        $seen.Output[0].Outcome | Should -BeExactly 'error'
        $seen.Output[0].Reason | Should -BeExactly $Reason
        $seen.Output[0].Document | Should -BeNullOrEmpty
        $seen.Output[0].Message | Should -Not -BeNullOrEmpty
    }

    It 'is missing does not grant' -ForEach '/nonexistent/rw2fa-verify', 'no-such-verifier' {
        $env:RW2FA_VERIFIER = $_
        $seen = Watch-Call { Confirm-Rw2faLogin alice -NoGroups -ErrorAction Stop }
        $seen.IsTerminated | Should -BeFalse
        $seen.Output[0].Granted | Should -BeFalse
        $seen.Output[0].Reason | Should -BeExactly 'not-started'
        $seen.Output[0].Errors | Should -Not -BeNullOrEmpty
    }

    It 'grants, grants: the tests above fail for their reason alone' {
        $env:RW2FA_VERIFIER = New-Program $directory "echo '$grant'"
        $answer = Confirm-Rw2faLogin alice -NoGroups
        $answer.Granted | Should -BeTrue
        $answer.Outcome | Should -BeExactly 'grant'
        $answer.Reason | Should -BeExactly 'code-accepted'
        $answer.Document.user | Should -BeExactly 'alice'
    }

    It 'ignores its input and prints 1 MB of errors is understood' {
        $env:RW2FA_VERIFIER = New-Program $directory "head -c 1048576 /dev/zero | tr '\0' e >&2; echo '$grant'"
        $answer = Confirm-Rw2faLogin alice -Code 123456 -NoGroups -Seconds 60
        $answer.Granted | Should -BeTrue
        $answer.Errors.Length | Should -BeLessOrEqual 4096
    }

    It 'gets the code on its standard input only, and the name as it is' {
        $env:RW2FA_VERIFIER = New-Program $directory "printf '%s\0' `"`$@`" >`"`$0.arguments`"; cat >`"`$0.input`"; echo '$grant'"
        $name = '-x "' + [char] 0xe9 + '\'
        $null = Confirm-Rw2faLogin $name -Code 123456 -Group 'CORP\Sales', '--no-groups' -Client -1 -Session html5 -Ip 192.0.2.1
        $arguments = [System.IO.File]::ReadAllText("$env:RW2FA_VERIFIER.arguments")
        $arguments | Should -Not -BeLike '*123456*'
        $arguments.Split([char] 0)[-3..-2] | Should -BeExactly @('--', $name)
        $expected = '--code-stdin', '--group=CORP\Sales', '--group=--no-groups', '--client=-1', '--session=html5', '--ip=192.0.2.1'
        foreach ($argument in $expected) { $arguments.Split([char] 0) | Should -Contain $argument }
        [System.IO.File]::ReadAllText("$env:RW2FA_VERIFIER.input") | Should -BeExactly "123456`n"
    }

    It 'never reads a second line of a code' {
        $env:RW2FA_VERIFIER = New-Program $directory "cat >`"`$0.input`"; echo '$grant'"
        $null = Confirm-Rw2faLogin alice -Code "123456`n654321" -NoGroups
        [System.IO.File]::ReadAllText("$env:RW2FA_VERIFIER.input") | Should -Not -Match '\d'
        $null = Confirm-Rw2faLogin alice -Code ('1' * 300) -NoGroups
        [System.IO.File]::ReadAllText("$env:RW2FA_VERIFIER.input").Length | Should -BeLessThan 256
    }

    It 'is asked under a caller that hides or stops on everything, and does not grant' {
        $env:RW2FA_VERIFIER = New-Program $directory 'echo garbage'
        foreach ($preference in 'SilentlyContinue', 'Stop', 'Ignore') {
            $text = "`$ErrorActionPreference = '$preference'`n(Confirm-Rw2faLogin alice -NoGroups).Granted"
            Invoke-ScriptFile $directory $text | Should -BeExactly $false
        }
    }
}

Describe 'The real verifier' {
    BeforeAll {
        $store = New-Store
        Invoke-Admin users add alice bob
        Invoke-Admin enable
    }
    AfterAll { Remove-Store $store }

    It 'enrols a user, accepts a code, and refuses wrong and used ones' {
        $answer = Confirm-Rw2faLogin alice -NoGroups -Client S1
        $answer.Granted | Should -BeFalse
        $answer.Outcome | Should -BeExactly 'challenge'
        $answer.Reason | Should -BeExactly 'enrolment-required'
        $answer.Enrolled | Should -BeFalse
        $answer.ExitCode | Should -Be 3
        $secret = $answer.Document.enrolment.secret
        $answer.Document.enrolment.qr | Should -BeLike '<svg*'

        $answer = Confirm-Rw2faLogin alice -Code (Get-WrongCode $secret) -NoGroups -Client S1
        $answer.Granted | Should -BeFalse
        $answer.Reason | Should -BeExactly 'wrong-code'
        $answer.AttemptsLeft | Should -Be 4

        $code = Get-AppCode $secret
        $answer = Confirm-Rw2faLogin alice -Code $code -NoGroups -Client S1
        $answer.Granted | Should -BeTrue
        $answer.Reason | Should -BeExactly 'activated'

        $answer = Confirm-Rw2faLogin alice -Code $code -NoGroups -Client S2
        $answer.Granted | Should -BeFalse
        $answer.Reason | Should -BeExactly 'code-used'

        $answer = Confirm-Rw2faLogin alice -Code (Get-AppCode $secret 1) -NoGroups -Client S2
        $answer.Granted | Should -BeTrue
        $answer.Reason | Should -BeExactly 'code-accepted'

        (Confirm-Rw2faLogin alice -NoGroups -Client S2 -Session html5).Reason | Should -BeExactly 'session-valid'
        $answer = Confirm-Rw2faLogin alice -NoGroups -Client S2 -End
        $answer.Granted | Should -BeFalse
        $answer.Outcome | Should -BeExactly 'ended'
        (Confirm-Rw2faLogin alice -NoGroups -Client S2 -Session html5).Granted | Should -BeFalse
        (Confirm-Rw2faLogin alice -NoGroups -Session rdp).Reason | Should -BeExactly 'rdp-not-allowed'
    }

    It 'grants users who are not listed, and only those' {
        (Confirm-Rw2faLogin zoe -NoGroups).Granted | Should -BeTrue
        (Confirm-Rw2faLogin BOB -NoGroups -Check).Granted | Should -BeFalse
    }

    It 'does not grant an empty or invalid name' -ForEach '', ' ', "a`nb" {
        (Confirm-Rw2faLogin $_ -NoGroups).Granted | Should -BeFalse
    }

    It 'does not grant if a value was passed empty by mistake' {
        (Confirm-Rw2faLogin zoe -NoGroups -Session '').Granted | Should -BeFalse
        (Confirm-Rw2faLogin -NoGroups).Granted | Should -BeFalse
    }

    It 'does not grant without a store, and says why' {
        $kept = $env:RW2FA_STORE
        $env:RW2FA_STORE = "$directory/missing"
        try { $answer = Confirm-Rw2faLogin zoe -NoGroups } finally { $env:RW2FA_STORE = $kept }
        $answer.Granted | Should -BeFalse
        $answer.Outcome | Should -BeExactly 'error'
        $answer.Reason | Should -BeExactly 'store'
        $answer.Errors | Should -BeLike '*no store*'
    }

    It 'is explained by Test-Rw2faLogin: what it would answer' {
        $answers = Test-Rw2faLogin bob, zoe -NoGroups
        $answers = @($answers | Where-Object { $_.Ask -eq 'sign-in' })
        $answers.Name | Should -BeExactly @('bob', 'zoe')
        $answers.Outcome | Should -BeExactly @('challenge', 'grant')
        $answers.Granted | Should -Be @($false, $true)
        (Test-Rw2faLogin bob -NoGroups -Chain).Rule | Should -Contain 'enabled'
        @(Test-Rw2faLogin -All).Name | Should -Contain 'bob'
        (Confirm-Rw2faLogin bob -NoGroups -Check).Reason | Should -BeExactly 'enrolment-required'
    }
}

Describe 'Test-Rw2faCode' {
    BeforeAll {
        $store = New-Store
        Invoke-Admin users add alice
        Invoke-Admin enable
        $secret = New-EnrolledUser alice -IsListed
    }
    AfterAll { Remove-Store $store }

    It 'tells a right code from a wrong one, and does not use it up' {
        $code = ConvertTo-SecureString (Get-AppCode $secret 1) -AsPlainText -Force
        foreach ($i in 1, 2) {
            $test = Test-Rw2faCode alice $code
            $test.IsRight | Should -BeTrue
            $test.Name | Should -BeExactly 'alice'
        }
        $test = Test-Rw2faCode alice (ConvertTo-SecureString (Get-WrongCode $secret) -AsPlainText -Force)
        $test.IsRight | Should -BeFalse
    }

    It 'does not have the code in what -Verbose shows' {
        $code = ConvertTo-SecureString '987654' -AsPlainText -Force
        $said = Test-Rw2faCode alice $code -Verbose 4>&1
        "$said" | Should -Not -BeLike '*987654*'
        "$said" | Should -BeLike '*users test*'
    }

    It 'is an error for a user who is not there' {
        $seen = Watch-Call { Test-Rw2faCode ghost (ConvertTo-SecureString 123456 -AsPlainText -Force) }
        $seen.Errors.FullyQualifiedErrorId | Should -BeExactly 'Rw2fa.not-found,Test-Rw2faCode'
        $seen.Output.Count | Should -Be 0
    }
}
