# What the pipeline carries from one function to another, from files and from directories.

BeforeDiscovery {
    # A call of each function that takes users from the pipeline.
    $script:Taking = @(
        'Get-Rw2faUser', 'Add-Rw2faUser', 'Set-Rw2faUser -Notes x', 'Reset-Rw2faUser', 'Unlock-Rw2faUser', 'Revoke-Rw2faGrant',
        'Remove-Rw2faUser', 'Remove-Rw2faUser -IgnoreMissing', 'New-Rw2faEnrolment', 'New-Rw2faRecoveryCode',
        'New-Rw2faTemporaryCode', 'Remove-Rw2faTemporaryCode'
    ) | ForEach-Object { @{ Call = $_ } }
    $script:Objects = @(
        @{ Case = 'an account of a directory'; Name = 'asmith'; Type = 'user'
            Value = [pscustomobject]@{ Name = 'Alice Smith'; SamAccountName = 'asmith'; ObjectClass = 'user' } }
        @{ Case = 'a group of a directory'; Name = 'remotestaff'; Type = 'group'
            Value = [pscustomobject]@{ Name = 'Remote Staff'; SamAccountName = 'RemoteStaff'; ObjectClass = 'group' } }
        @{ Case = 'a user of this computer'; Name = 'bob'; Type = 'user'
            Value = [pscustomobject]@{ Name = 'bob'; FullName = 'Bob Brown'; Enabled = $true; ObjectClass = 'User' } }
        @{ Case = 'a group of this computer'; Name = 'operators'; Type = 'group'
            Value = [pscustomobject]@{ Name = 'operators'; ObjectClass = 'Group'; SID = 'S-1-5-32-1' } }
        @{ Case = 'a principal of .NET'; Name = 'dora'; Type = 'user'
            Value = [pscustomobject]@{ Name = 'Dora D'; SamAccountName = 'dora'; StructuralObjectClass = 'user' } }
        @{ Case = 'a group principal of .NET'; Name = 'staff'; Type = 'group'
            Value = [pscustomobject]@{ Name = 'Staff'; SamAccountName = 'Staff'; StructuralObjectClass = 'group' } }
        @{ Case = 'a hashtable'; Name = 'eve'; Type = 'user'; Value = @{ Name = 'eve' } }
        @{ Case = 'an ordered hashtable of a group'; Name = 'eve'; Type = 'group'
            Value = [ordered]@{ Type = 'group'; Name = 'eve' } }
        @{ Case = 'a row whose type is in upper case'; Name = 'eve'; Type = 'group'
            Value = [pscustomobject]@{ name = 'eve'; TYPE = 'GROUP' } }
        @{ Case = 'a row with an empty type'; Name = 'eve'; Type = 'user'; Value = [pscustomobject]@{ name = 'eve'; type = '' } }
        @{ Case = 'a text with a property of its own'; Name = 'frank'; Type = 'user'
            Value = ('frank' | Add-Member -NotePropertyName PSPath -NotePropertyValue 'x' -PassThru) }
    )
    $script:Nameless = @(
        @{ Case = 'an object without a name'; Value = [pscustomobject]@{ Mail = 'a@b.example' } }
        @{ Case = 'an object with an empty name'; Value = [pscustomobject]@{ Name = '' } }
        @{ Case = 'an empty hashtable'; Value = @{} }
        @{ Case = 'an empty text'; Value = '' }
        @{ Case = 'a number, which PowerShell may have changed'; Value = 1e3 }
    )
}

BeforeAll {
    . "$PSScriptRoot/Store.ps1"
    Import-TestModule
    $directory = New-Directory
    $ConfirmPreference = 'None'
}

AfterAll { Remove-Directory $directory }

Describe 'No input' {
    BeforeAll {
        $store = New-Store
        Invoke-Admin users add alice
        $env:RW2FA_PROGRAM = New-CountingProgram $directory
    }
    AfterAll {
        $env:RW2FA_PROGRAM = $null
        Remove-Store $store
    }

    It 'is no work and no error: @() | <Call>' -ForEach $script:Taking {
        $before = Get-StoreContent
        $runs = Get-RunCount $env:RW2FA_PROGRAM
        $seen = Watch-Call ([scriptblock]::Create("@() | $Call; `$?"))
        $seen.Errors | Should -BeNullOrEmpty
        $seen.Output | Should -Be @($true)
        Get-RunCount $env:RW2FA_PROGRAM | Should -Be $runs
        Get-StoreContent | Should -BeExactly $before
    }

    It 'is no work and no error as an empty list: <Call>' -ForEach $script:Taking {
        $verb, $rest = $Call -split ' ', 2
        $runs = Get-RunCount $env:RW2FA_PROGRAM
        $seen = Watch-Call ([scriptblock]::Create("$verb -Name @() $rest; `$?"))
        $seen.Errors | Should -BeNullOrEmpty
        $seen.Output | Should -Be @($true)
        Get-RunCount $env:RW2FA_PROGRAM | Should -Be $runs
    }

    It 'is what a filter without a match gives: the example of Unlock-Rw2faUser' {
        $seen = Watch-Call { Get-Rw2faUser -State locked | Unlock-Rw2faUser; $? }
        $seen.Errors | Should -BeNullOrEmpty
        $seen.Output | Should -Be @($true)
    }
}

Describe 'An object from the pipeline' {
    BeforeAll { $store = New-Store }
    AfterAll { Remove-Store $store }
    AfterEach { Clear-Store }

    It 'gives its account and its type: <Case>' -ForEach $script:Objects {
        $seen = Watch-Call { $Value | Add-Rw2faUser }
        $seen.Errors | Should -BeNullOrEmpty
        $listed = @(Get-Listed)
        $listed.name | Should -BeExactly @($Name)
        $listed.type | Should -BeExactly @($Type)
        # The same object finds what it added, as an argument as well as in the pipeline.
        (Get-Rw2faUser $Value).Type | Should -BeExactly $Type
        $seen = Watch-Call { Remove-Rw2faUser $Value }
        $seen.Errors | Should -BeNullOrEmpty
        $seen.Output.Type | Should -BeExactly $Type
    }

    It 'is an error without a name, and the others are added: <Case>' -ForEach $script:Nameless {
        $seen = Watch-Call { 'first', $Value, 'last' | Add-Rw2faUser }
        $seen.Errors.Count | Should -Be 1
        $seen.Errors[0].FullyQualifiedErrorId | Should -BeExactly 'Rw2fa.entry,Add-Rw2faUser'
        $seen.Errors[0].CategoryInfo.Category | Should -Be 'InvalidArgument'
        $seen.Errors[0].TargetObject | Should -Be $Value
        $seen.Output.Name | Should -BeExactly @('first', 'last')
    }

    It 'removes the group and not the user of the same name' {
        Invoke-Admin users add sales
        Invoke-Admin users add --group sales
        $seen = Watch-Call { Get-Rw2faUser -Type group | Remove-Rw2faUser }
        $seen.Errors | Should -BeNullOrEmpty
        @(Get-Listed).type | Should -BeExactly @('user')
        Invoke-Admin users add --group sales
        $seen = Watch-Call { Get-Rw2faUser sales -Type user | Remove-Rw2faUser }
        $seen.Errors | Should -BeNullOrEmpty
        @(Get-Listed).type | Should -BeExactly @('group')
    }

    It 'and -Group can be combined' {
        $null = 'alice' | Add-Rw2faUser -Group staff, sales
        $listed = @(Get-Listed | ForEach-Object { "$($_.type) $($_.name)" })
        $listed | Should -BeExactly @('group sales', 'group staff', 'user alice')
    }
}

Describe 'The round trip' {
    BeforeAll {
        $first = New-Store
        Set-Gateway $directory
        $firstStore = $env:RW2FA_STORE
        Invoke-Admin users add alice 'CORP\bob' "o'brien" --notes 'a plain note'
        $null = Add-Rw2faUser '=formula', '-dash', 'staff, all'
        Invoke-Admin users add carol --method sms --phone +33612345678 --notes "two`nlines, `"quoted`"; and more"
        Invoke-Admin users add dave --notes '2026-12-24T18:00:00Z'
        Invoke-Admin users add --group alice 'Remote Staff' --notes '=1+1'
        $expected = Get-Listed | ConvertTo-Json
        $second = New-Store
        Set-Gateway $directory
        $secondStore = $env:RW2FA_STORE
    }
    AfterAll {
        Remove-Store $second
        Remove-Store $first
    }
    BeforeEach { $env:RW2FA_STORE = $firstStore }
    AfterEach {
        $env:RW2FA_STORE = $secondStore
        Clear-Store
    }

    It 'through the pipeline keeps type, method, phone and notes' {
        $users = Get-Rw2faUser
        $env:RW2FA_STORE = $secondStore
        $seen = Watch-Call { $users | Add-Rw2faUser }
        $seen.Errors | Should -BeNullOrEmpty
        Get-Listed | ConvertTo-Json | Should -BeExactly $expected
    }

    It 'through Export-Csv and Import-Csv keeps them, with the delimiter <_>' -ForEach ',', ';' {
        Get-Rw2faUser | Export-Csv "$directory/users.csv" -NoTypeInformation -Delimiter $_
        [System.IO.File]::ReadAllText("$directory/users.csv") | Should -Not -BeLike '*System.*'
        $env:RW2FA_STORE = $secondStore
        $seen = Watch-Call { Import-Csv "$directory/users.csv" -Delimiter $_ | Add-Rw2faUser }
        $seen.Errors | Should -BeNullOrEmpty
        Get-Listed | ConvertTo-Json | Should -BeExactly $expected
    }

    It 'through Export-Csv and Import-Rw2faUser keeps them, too' {
        Get-Rw2faUser | Export-Csv "$directory/users.csv" -NoTypeInformation
        $env:RW2FA_STORE = $secondStore
        $seen = Watch-Call { Import-Rw2faUser "$directory/users.csv" }
        $seen.Errors | Should -BeNullOrEmpty
        Get-Listed | ConvertTo-Json | Should -BeExactly $expected
    }

    It 'through JSON keeps them' {
        $text = Get-Rw2faUser | ConvertTo-Json
        $env:RW2FA_STORE = $secondStore
        $seen = Watch-Call { $text | ConvertFrom-Json | Add-Rw2faUser }
        $seen.Errors | Should -BeNullOrEmpty
        Get-Listed | ConvertTo-Json | Should -BeExactly $expected
    }

    It 'through Export-Clixml keeps them, so also through a remote session' {
        Get-Rw2faUser | Export-Clixml "$directory/users.xml"
        $env:RW2FA_STORE = $secondStore
        $seen = Watch-Call { Import-Clixml "$directory/users.xml" | Add-Rw2faUser }
        $seen.Errors | Should -BeNullOrEmpty
        Get-Listed | ConvertTo-Json | Should -BeExactly $expected
    }

    It 'into the same store changes nothing' {
        $seen = Watch-Call { Get-Rw2faUser | Add-Rw2faUser }
        $seen.Errors | Should -BeNullOrEmpty
        @($seen.Output.Result | Sort-Object -Unique) | Should -BeExactly @('unchanged')
        Get-Listed | ConvertTo-Json | Should -BeExactly $expected
    }

    It 'writes every property of a user as one plain value' {
        foreach ($user in (Get-Rw2faUser -Detailed)) {
            foreach ($property in $user.PSObject.Properties) {
                $property.Value -is [array] -or $property.Value -is [pscustomobject] | Should -BeFalse -Because $property.Name
            }
        }
    }
}

Describe 'A user whom only a group covers' {
    BeforeAll {
        $store = New-Store
        Invoke-Admin users add --group staff
        Invoke-Admin enable
        $answer = & rw2fa-verify --group=staff --qr=none -- 'member' | ConvertFrom-Json
        $null = Get-AppCode $answer.enrolment.secret | rw2fa-verify --group=staff --code-stdin -- 'member'
    }
    AfterAll { Remove-Store $store }

    It 'is shown as not listed, and is not listed by a round trip' {
        $user = Get-Rw2faUser member
        $user.Listed | Should -BeFalse
        $before = Get-Listed | ConvertTo-Json
        foreach ($way in { $user }, { $user | ConvertTo-Csv | ConvertFrom-Csv }) {
            $seen = Watch-Call { & $way | Add-Rw2faUser }
            $seen.Errors | Should -BeNullOrEmpty
            $seen.Output.Count | Should -Be 0
            Get-Listed | ConvertTo-Json | Should -BeExactly $before
        }
    }

    It 'is reset with the group, and the group stays' {
        $run = Use-StoreCopy { Watch-Call { Get-Rw2faUser -Type group | Reset-Rw2faUser } }
        $run.Result.Errors | Should -BeNullOrEmpty
        $run.Result.Output.Name | Should -BeExactly @('member')
    }
}
