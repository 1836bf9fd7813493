# The callers that are one file to copy: SecondFactor.ps1, and SecondFactor.cs compiled by this PowerShell.

BeforeDiscovery {
    $script:Verifiers = & "$PSScriptRoot/Verifiers.ps1"
}

BeforeAll {
    . "$PSScriptRoot/Store.ps1"
    $callers = [System.IO.Path]::GetFullPath("$PSScriptRoot/../../examples/callers")
    . "$callers/SecondFactor.ps1"
    Add-Type -Path "$callers/csharp/SecondFactor.cs"
    $directory = New-Directory
    $verifier = (Get-Command rw2fa-verify -CommandType Application)[0].Path
}

AfterAll { Remove-Directory $directory }

Describe 'A verifier that' {
    It '<Case> does not grant: <Reason>' -ForEach $script:Verifiers {
        $program = New-Program $directory $Text
        $limit = if ($Reason -eq 'time-limit') { 1 } else { 60 }
        $answer = Test-SecondFactor -User alice -Options '--no-groups' -Program $program -Limit $limit
        $answer.Granted | Should -BeFalse
        $answer.Reason | Should -BeExactly $Reason
        $answer = [SecondFactor]::Ask('alice', '', [string[]] @('--no-groups'), $program, $limit)
        $answer.Granted | Should -BeFalse
        $answer.Reason | Should -BeExactly $Reason
    }

    It 'is missing does not grant' {
        $answer = Test-SecondFactor -User alice -Program '/nonexistent/rw2fa-verify'
        $answer.Granted | Should -BeFalse
        $answer.Reason | Should -BeExactly 'not-started'
        $answer = [SecondFactor]::Ask('alice', '', [string[]] @(), '/nonexistent/rw2fa-verify', 9)
        $answer.Granted | Should -BeFalse
        $answer.Reason | Should -BeExactly 'not-started'
    }
}

Describe 'The real verifier' {
    BeforeAll {
        $store = New-Store
        Invoke-Admin enable
        $secret = New-EnrolledUser alice
    }
    AfterAll { Remove-Store $store }

    It 'grants for a right code alone' {
        $options = '--no-groups', '--client=c1'
        $seconds = 60
        (Test-SecondFactor -User alice -Options $options -Program $verifier).Reason | Should -BeExactly 'code-required'
        $wrong = Test-SecondFactor -User alice -Code (Get-WrongCode $secret) -Options $options -Program $verifier
        $wrong.Granted | Should -BeFalse
        $wrong.Reason | Should -BeExactly 'wrong-code'
        $code = Get-AppCode $secret 1
        $right = Test-SecondFactor -User alice -Code $code -Options $options -Program $verifier
        $right.Granted | Should -BeTrue
        $right.Reason | Should -BeExactly 'code-accepted'
        $session = [string[]] ($options + '--session=html5')
        [SecondFactor]::Ask('alice', '', $session, $verifier, $seconds).Reason | Should -BeExactly 'session-valid'
        $used = [SecondFactor]::Ask('alice', $code, [string[]] $options, $verifier, $seconds)
        $used.Granted | Should -BeFalse
        $used.Reason | Should -BeExactly 'code-used'
    }

    It 'gets the name <_> as it is' -ForEach 'x" --check', 'a b', 'it''s', '-h', '$(id)' {
        $answer = Test-SecondFactor -User $_ -Options '--no-groups' -Program $verifier
        $answer.Document.user | Should -BeExactly $_
        $reference = [SecondFactor]::Ask($_, '', [string[]] @('--no-groups'), $verifier, 60)
        $reference.Document['user'] | Should -BeExactly $_
    }

    It 'refuses the name <_>' -ForEach 'CORP\', "tail`n" {
        $answer = Test-SecondFactor -User $_ -Options '--no-groups' -Program $verifier
        $answer.Granted | Should -BeFalse
        $reference = [SecondFactor]::Ask($_, '', [string[]] @('--no-groups'), $verifier, 60)
        $answer.Reason | Should -BeExactly $reference.Reason
        $answer.Errors | Should -BeExactly $reference.Errors
    }
}
