# Tests of completions/rw2fa.ps1: what Tab offers in a real PowerShell, and that it runs nothing but the program.

BeforeAll {
    . "$PSScriptRoot/Store.ps1"
    . "$PSScriptRoot/../../completions/rw2fa.ps1"

    # Returns what Tab inserts at the end of a line, or at a position.
    function Get-Offer {
        param([string] $Line, [int] $At = $Line.Length)
        try {
            @((TabExpansion2 -inputScript $Line -cursorColumn $At).CompletionMatches | ForEach-Object { $_.CompletionText })
        } catch [System.Management.Automation.MethodInvocationException] {
            # An editor takes it as 'no result': this is how file names are kept away.
            if ("$_" -notmatch 'completionText') { throw }
        }
    }

    # Returns the arguments that a program gets from this line.
    function Get-Argument {
        param([string] $Line)
        @(Invoke-Expression $Line)
    }

    $store = New-Store
    $eloise = [string] [char] 0xc9 + 'lo' + [char] 0xef + 'se'
    $quoted = 'D' + [char] 0x2019 + 'Arc'
    $names = 'alice', 'alfred', "O'Brien", 'x y', 'CORP\bob', '$(x)', '`a', 'semi;colon', '1kb', $eloise, $quoted, 'a.b@corp.example', 'pound#'
    Invoke-Admin users add @names
    Invoke-Admin users add --group 'Remote Staff'
    # A function would swallow '--'.
    & rw2fa --quiet users add -- '-y' '-a.b'
    Invoke-Admin whitelist add wendy
    $here = New-Directory
    foreach ($file in 'f.csv', 'alice.txt', 'status') { [System.IO.File]::WriteAllText("$here/$file", '') }
    Push-Location $here
    $show = New-Program $here 'for one; do printf "%s\n" "$one"; done'
}

AfterAll {
    Pop-Location
    Remove-Directory $here
    Remove-Store $store
}

Describe 'Completion' {
    It 'offers the values of options: <line>' -ForEach @(
        @{ line = 'rw2fa users add --method s'; offer = 'sms' }
        @{ line = 'rw2fa users add --method '; offer = 'app sms' }
        @{ line = 'rw2fa users add alice --method=s'; offer = '--method=sms' }
        @{ line = 'rw2fa --format j'; offer = 'json' }
        @{ line = 'rw2fa users list --format='; offer = '--format=text --format=json --format=csv' }
        @{ line = 'rw2fa users list --state l'; offer = 'locked' }
        @{ line = 'rw2fa users list --type g'; offer = 'group' }
        @{ line = 'rw2fa explain --session '; offer = 'html5 remoteapp rdp' }
        @{ line = 'rw2fa completions p'; offer = 'powershell' }
    ) {
        (Get-Offer $line) -join ' ' | Should -BeExactly $offer
    }

    It 'offers commands and the subcommands of help: <line>' -ForEach @(
        @{ line = 'rw2fa us'; offer = 'users' }
        @{ line = 'rw2fa whitelist '; offer = 'add remove list help' }
        @{ line = 'rw2fa help us'; offer = 'users' }
        @{ line = 'rw2fa help whitelist r'; offer = 'remove' }
        @{ line = 'rw2fa users help unl'; offer = 'unlock' }
        @{ line = './rw2fa sta'; offer = 'status' }
        @{ line = 'rw2fa.exe sta'; offer = 'status' }
        @{ line = '"x" | rw2fa users unlock al'; offer = 'alfred alice' }
        @{ line = '$n = (rw2fa users show al'; offer = 'alfred alice' }
    ) {
        (Get-Offer $line) -join ' ' | Should -BeExactly $offer
    }

    It 'offers names where the command takes them: <line>' -ForEach @(
        @{ line = 'rw2fa users show al'; offer = 'alfred alice' }
        @{ line = 'rw2fa users show alice al'; offer = 'alfred' }
        @{ line = 'rw2fa users show --group r'; offer = "'remote staff'" }
        @{ line = 'rw2fa users show --group=r'; offer = "'--group=remote staff'" }
        @{ line = 'rw2fa whitelist remove '; offer = 'wendy' }
        @{ line = 'rw2fa advanced get dig'; offer = 'digits' }
        @{ line = 'rw2fa audit --user al'; offer = 'alfred alice' }
    ) {
        (Get-Offer $line) -join ' ' | Should -BeExactly $offer
    }

    It 'offers the names of the store that the line names' {
        $other = New-Directory
        & rw2fa --quiet --store "$other/store" init
        & rw2fa --quiet --store "$other/store" users add zelda 2>$null
        Get-Offer "rw2fa --store '$other/store' users show " | Should -BeExactly 'zelda'
        Get-Offer "rw2fa users --store=$other/none show " | Should -BeNullOrEmpty
        Remove-Directory $other
    }

    It 'quotes a name so that the program gets it as it is: <start>' -ForEach @(
        @{ start = 'o'; name = "o'brien"; text = "'o''brien'" }
        @{ start = 'O'; name = "o'brien"; text = "'o''brien'" }
        @{ start = '"O'; name = "o'brien"; text = "'o''brien'" }
        @{ start = "'O''"; name = "o'brien"; text = "'o''brien'" }
        @{ start = 'x'; name = 'x y'; text = "'x y'" }
        @{ start = "'x "; name = 'x y'; text = "'x y'" }
        @{ start = 'CORP\'; name = 'corp\bob'; text = 'corp\bob' }
        @{ start = '"CORP\b'; name = 'corp\bob'; text = 'corp\bob' }
        @{ start = "'`$"; name = '$(x)'; text = "'`$(x)'" }
        @{ start = "'``"; name = '`a'; text = "'``a'" }
        @{ start = 'semi'; name = 'semi;colon'; text = "'semi;colon'" }
        @{ start = '1'; name = '1kb'; text = '1kb' }
        @{ start = 'pou'; name = 'pound#'; text = "'pound#'" }
        @{ start = 'a.b'; name = 'a.b@corp.example'; text = "'a.b@corp.example'" }
        @{ start = "-- '-a"; name = '-a.b'; text = "'-a.b'" }
    ) {
        $offer = Get-Offer "rw2fa users show $start"
        $offer | Should -BeExactly $text
        Get-Argument "& '$show' $offer" | Should -BeExactly $name
    }

    It 'reads names as UTF-8, whatever the code page of the console' {
        $before = [Console]::OutputEncoding
        try {
            [Console]::OutputEncoding = [System.Text.Encoding]::GetEncoding(28591)
            Get-Offer ('rw2fa users show ' + $eloise.Substring(0, 3)) | Should -BeExactly $eloise.ToLowerInvariant()
        } finally {
            [Console]::OutputEncoding = $before
        }
    }

    It 'quotes typographic quotes, which PowerShell takes for quotes' {
        $offer = Get-Offer 'rw2fa users show d'
        Get-Argument "& '$show' $offer" | Should -BeExactly $quoted.ToLowerInvariant()
    }

    It 'offers every name that may be shown, and no option' {
        $offer = Get-Offer 'rw2fa users show '
        $offer.Count | Should -Be 13
        @($offer | Where-Object { $_.StartsWith('-') }).Count | Should -Be 0
    }

    It 'offers options only after a dash, with their help' {
        Get-Offer 'rw2fa users list --st' | Should -Be '--state', '--store'
        Get-Offer 'rw2fa users list ' | Should -Not -Contain '--state'
        $state = (TabExpansion2 'rw2fa users list --stat' 23).CompletionMatches[0]
        $state.ResultType | Should -Be 'ParameterName'
        $state.ToolTip | Should -BeLike '*state*'
    }

    It 'offers names with a dash only behind --' {
        Get-Offer 'rw2fa users show -- -' | Should -Be "'-a.b'", '-y'
        Get-Offer 'rw2fa users show -y' | Should -Not -Contain "'-a.b'"
    }

    It 'offers no file names where none is expected: <line>' -ForEach @(
        @{ line = 'rw2fa users add ' }
        @{ line = 'rw2fa users add f' }
        @{ line = 'rw2fa users add --notes f' }
        @{ line = 'rw2fa users add --phone ' }
        @{ line = 'rw2fa users show f' }
        @{ line = 'rw2fa users show alice.' }
        @{ line = 'rw2fa status ' }
        @{ line = 'rw2fa whitelist add alice --until ' }
        @{ line = 'rw2fa advanced set digits ' }
        @{ line = 'rw2fa users add --method x' }
        @{ line = 'rw2fa f' }
        @{ line = 'rw2fa users show alice,' }
    ) {
        Get-Offer $line | Should -BeNullOrEmpty
    }

    It 'offers file names where one is expected: <line>' -ForEach @(
        @{ line = 'rw2fa users add --from '; offer = 'alice.txt f.csv' }
        @{ line = 'rw2fa users unlock --from f'; offer = 'f.csv' }
        @{ line = 'rw2fa license activate a'; offer = 'alice.txt' }
    ) {
        $files = @(Get-Offer $line | Where-Object { $_ -like '*.*' -and $_ -notlike 'program-*' -and $_ -ne '.' })
        $files -join ' ' | Should -BeExactly $offer
    }

    It 'completes an empty word in quotes, and in the middle of a line' {
        Get-Offer "rw2fa users show ''" | Should -Contain 'alice'
        Get-Offer 'rw2fa  show alice' 6 | Should -Contain 'users'
        Get-Offer 'rw2fa users sho alice' 15 | Should -BeExactly 'show'
        Get-Offer 'rw2fa users show  --quiet' 17 | Should -Contain 'alice'
    }

    It 'passes quotes and backslashes of the line to the program' {
        Get-Offer 'rw2fa users add --notes "say \"" --method s' | Should -BeNullOrEmpty
        Get-Offer "rw2fa users add --notes 'say `"hi`" \' --method s" | Should -BeExactly 'sms'
        Get-Offer "rw2fa users add --notes '' --method s" | Should -BeExactly 'sms'
    }

    It 'runs nothing of the line: <line>' -ForEach @(
        @{ line = 'rw2fa users show $(New-Item pwned) al' }
        @{ line = 'rw2fa users show (New-Item pwned) al' }
        @{ line = 'rw2fa users show "$(New-Item pwned)" al' }
        @{ line = 'rw2fa users show @(New-Item pwned) al' }
        @{ line = 'rw2fa users show "$(New-Item pwned)' }
        @{ line = 'New-Item pwned; rw2fa users show al' }
        @{ line = "rw2fa users show '; touch pwned; al" }
        @{ line = 'rw2fa users show `; touch pwned; rw2fa users show al' }
    ) {
        $null = Get-Offer $line
        Test-Path "$here/pwned" | Should -BeFalse
    }

    It 'runs no other program than the one on the path' {
        [System.IO.File]::WriteAllText("$here/rw2fa", "#!/bin/sh`ntouch '$here/pwned'`n")
        & chmod 755 "$here/rw2fa"
        Get-Offer './rw2fa users show al' | Should -Be 'alfred', 'alice'
        Test-Path "$here/pwned" | Should -BeFalse
        [System.IO.File]::Delete("$here/rw2fa")
    }

    It 'leaves the exit code, the environment and the store as they were' {
        & sh -c 'exit 7'
        $before = Get-StoreContent
        $null = Get-Offer 'rw2fa users show al'
        $LASTEXITCODE | Should -Be 7
        $env:RW2FA_COMPLETE | Should -BeNullOrEmpty
        Get-StoreContent | Should -BeExactly $before
    }

    It 'is silent without a store' {
        $before = $env:RW2FA_STORE
        try {
            $env:RW2FA_STORE = "$here/none"
            Get-Offer 'rw2fa users show ' | Should -BeNullOrEmpty
            Get-Offer 'rw2fa us' | Should -BeExactly 'users'
        } finally {
            $env:RW2FA_STORE = $before
        }
    }

    It 'is silent without the program, and gives up on one that hangs' {
        $before = $env:PATH
        try {
            $env:PATH = $here
            (Get-Offer 'rw2fa us') | Should -Not -Contain 'users'
            [System.IO.File]::WriteAllText("$here/rw2fa", "#!/bin/sh`nexec /bin/sleep 60`n")
            & /bin/chmod 755 "$here/rw2fa"
            $clock = [System.Diagnostics.Stopwatch]::StartNew()
            Get-Offer 'rw2fa us' | Should -BeNullOrEmpty
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 15
        } finally {
            $env:PATH = $before
            [System.IO.File]::Delete("$here/rw2fa")
        }
    }

    It 'is the script that the program prints' {
        $printed = (Invoke-Admin completions powershell) -join "`n"
        $printed | Should -Match 'Register-ArgumentCompleter'
        { [scriptblock]::Create($printed) } | Should -Not -Throw
    }
}
