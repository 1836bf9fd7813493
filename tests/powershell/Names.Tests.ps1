# Names with characters that mean something to a shell, a list, a pattern or a console.

BeforeDiscovery {
    # The stored form, where it differs, is in lower case and composed.
    $eacute = [string] [char] 0xe9
    $script:Names = @(
        @{ Case = 'a quote'; Value = 'say "hi"' }
        @{ Case = 'quotes around'; Value = '"all"' }
        @{ Case = 'an apostrophe'; Value = "o'brien" }
        @{ Case = 'an apostrophe in front'; Value = "'tis" }
        @{ Case = 'a domain'; Value = 'CORP\bob'; Stored = 'corp\bob' }
        @{ Case = 'a suffix'; Value = 'carol@corp.example' }
        @{ Case = 'a space'; Value = 'remote staff' }
        @{ Case = 'a dash in front'; Value = '-rf' }
        @{ Case = 'two dashes'; Value = '--' }
        @{ Case = 'a star'; Value = 'a*' }
        @{ Case = 'brackets'; Value = '[ab]' }
        @{ Case = 'an open bracket'; Value = 'a[' }
        @{ Case = 'a formula'; Value = '=1+1' }
        @{ Case = 'a plus in front'; Value = '+cmd|x' }
        @{ Case = 'an apostrophe and a formula'; Value = "'=1+1" }
        @{ Case = 'a comma'; Value = 'staff, all' }
        @{ Case = 'a semicolon'; Value = 'a;b' }
        @{ Case = 'a subexpression'; Value = '$(x)' }
        @{ Case = 'a variable'; Value = '$env:x %x% ${x}' }
        @{ Case = 'a backtick'; Value = 'a`nb' }
        @{ Case = 'a number'; Value = '4711.5' }
        @{ Case = 'a negative number'; Value = '-12' }
        @{ Case = 'true'; Value = 'true' }
        @{ Case = 'a comment'; Value = '#name' }
        @{ Case = 'letters with accents'; Value = [string] [char] 0xc9 + 'lo' + [char] 0xef + 'se'
            Stored = $eacute + 'lo' + [char] 0xef + 'se' }
        @{ Case = 'a combining mark'; Value = 'e' + [char] 0x301 + 'mile'; Stored = $eacute + 'mile' }
        @{ Case = 'letters beyond 16 bits'; Value = 'x' + [char]::ConvertFromUtf32(0x20bb7) + [char]::ConvertFromUtf32(0x1f600) }
        @{ Case = 'letters from right to left'; Value = [string] [char] 0x5d0 + [char] 0x5d1 }
        @{ Case = 'a full-width equals sign in front'; Value = [string] [char] 0xff1d + 'x' }
    ) | ForEach-Object { if (-not $_.ContainsKey('Stored')) { $_.Stored = $_.Value }; $_ }
    $script:BadNames = @(
        @{ Case = 'a line break'; Value = "a`nb" }
        @{ Case = 'a carriage return and a line break'; Value = "a`r`nb" }
        @{ Case = 'a line break at the end'; Value = "a`n" }
        @{ Case = 'a tab'; Value = "a`tb" }
        @{ Case = 'NUL'; Value = "a`0b" }
        @{ Case = 'an escape character'; Value = 'a' + [char] 27 + '[31mb' }
        @{ Case = 'a question mark'; Value = 'qu?' }
        @{ Case = 'a replacement character'; Value = 'a' + [char] 0xfffd }
        @{ Case = 'half of a letter'; Value = 'a' + [char] 0xd83d }
        @{ Case = 'more than 256 bytes'; Value = 'a' * 257 }
        @{ Case = 'nothing'; Value = '' }
        @{ Case = 'a space alone'; Value = ' ' }
        @{ Case = 'an option'; Value = '--group=staff' }
        @{ Case = 'an at sign in front'; Value = '@sum' }
        @{ Case = 'a slash'; Value = 'CORP/bob' }
    )
}

BeforeAll {
    . "$PSScriptRoot/Store.ps1"
    Import-TestModule
    $store = New-Store
    $ConfirmPreference = 'None'
}

AfterAll { Remove-Store $store }

Describe 'A name with <Case>' -ForEach $script:Names {
    AfterAll { Clear-Store }

    It 'is added, found, changed and removed as it is' {
        $seen = Watch-Call { Add-Rw2faUser $Value }
        $seen.Errors | Should -BeNullOrEmpty
        $seen.Output.Name | Should -BeExactly $Stored
        (Get-Listed).name | Should -BeExactly $Stored
        foreach ($user in (Get-Rw2faUser), (Get-Rw2faUser -LiteralName $Value), (Get-Rw2faUser $Value), ($Value | Get-Rw2faUser)) {
            $user.Name | Should -BeExactly $Stored
            $user.Type | Should -BeExactly 'user'
        }
        $seen = Watch-Call { Get-Rw2faUser | Set-Rw2faUser -Notes $Value }
        $seen.Errors | Should -BeNullOrEmpty
        (Get-Rw2faUser).Notes | Should -BeExactly $Value
        # A name is an argument here, not in a list.
        (Get-Rw2faUser -Detailed).Name | Should -BeExactly $Stored
        $seen = Watch-Call { Get-Rw2faUser | Remove-Rw2faUser }
        $seen.Errors | Should -BeNullOrEmpty
        $seen.Output.Result | Should -BeExactly 'removed'
        Get-Listed | Should -BeNullOrEmpty
    }
}

Describe 'A name that is not valid' {
    AfterEach { Clear-Store }

    It 'is one error, and the others are added: <Case>' -ForEach $script:BadNames {
        $seen = Watch-Call { 'first', $Value, 'last' | Add-Rw2faUser }
        $seen.Errors.Count | Should -Be 1
        $seen.Errors[0].TargetObject | Should -BeExactly $Value
        $seen.Errors[0].FullyQualifiedErrorId | Should -BeLike 'Rw2fa.*,Add-Rw2faUser'
        $seen.Output.Name | Should -BeExactly @('first', 'last')
        (Get-Listed).name | Should -BeExactly @('first', 'last')
    }

    It 'cannot add a line to the list' {
        $seen = Watch-Call { Add-Rw2faUser "x`nadmin,user", "y`n`"z`"" }
        $seen.Errors.Count | Should -Be 2
        Get-Listed | Should -BeNullOrEmpty
    }

    It 'cannot be a column of its own' {
        $seen = Watch-Call { Add-Rw2faUser 'x,group,sms' }
        $seen.Errors | Should -BeNullOrEmpty
        (Get-Listed).type | Should -BeExactly @('user')
    }
}

Describe 'Names in a console with the code page <_>' -ForEach 850, 1252, 437 {
    BeforeAll {
        [System.Text.Encoding]::RegisterProvider([System.Text.CodePagesEncodingProvider]::Instance)
        $encoding = [System.Text.Encoding]::GetEncoding($_)
        $before = [Console]::OutputEncoding, [Console]::InputEncoding, $OutputEncoding
        [Console]::OutputEncoding = [Console]::InputEncoding = $global:OutputEncoding = $encoding
    }
    AfterAll { [Console]::OutputEncoding, [Console]::InputEncoding, $global:OutputEncoding = $before }

    It 'survive both ways, in lists and as arguments' {
        $name = [string] [char] 0xe9 + 'lo' + [char] 0xef + 'se ' + [char] 0x4e2d + [char]::ConvertFromUtf32(0x1f600)
        (Add-Rw2faUser $name).Name | Should -BeExactly $name
        (Get-Rw2faUser).Name | Should -BeExactly $name
        (Set-Rw2faUser $name -Phone +33612345678).Name | Should -BeExactly $name
        (Get-Rw2faUser $name -Detailed).Name | Should -BeExactly $name
        (Get-Rw2faUser | Remove-Rw2faUser).Name | Should -BeExactly $name
        $failure = Watch-Call { Remove-Rw2faUser $name }
        $failure.Errors[0].Exception.Message | Should -BeLike "*'$name'*"
    }
}
