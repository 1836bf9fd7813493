# Invoke-Program, the function that runs every program: what it passes, what it reads, and how it ends.

BeforeDiscovery {
    $accented = [string] [char] 0xc9 + 'lo' + [char] 0xef + 'se'
    $script:Arguments = @(
        @{ Case = 'a plain word'; Value = 'alice' }
        @{ Case = 'nothing'; Value = '' }
        @{ Case = 'a space'; Value = 'Remote Staff' }
        @{ Case = 'spaces around'; Value = '  x  ' }
        @{ Case = 'a tab'; Value = "a`tb" }
        @{ Case = 'a line break'; Value = "a`nb" }
        @{ Case = 'a line break at the end'; Value = "ab`n" }
        @{ Case = 'a quote'; Value = 'say "hi"' }
        @{ Case = 'only a quote'; Value = '"' }
        @{ Case = 'a backslash'; Value = 'CORP\bob' }
        @{ Case = 'a backslash at the end'; Value = 'C:\' }
        @{ Case = 'a space and backslashes at the end'; Value = 'C:\Program Files\\' }
        @{ Case = 'backslashes before a quote'; Value = 'a\\"b' }
        @{ Case = 'an apostrophe'; Value = "o'brien" }
        @{ Case = 'a dash'; Value = '-rf' }
        @{ Case = 'a variable of a shell'; Value = '$HOME $(id) `id` %PATH%' }
        @{ Case = 'wildcards'; Value = '* ? [a]' }
        @{ Case = 'operators of a shell'; Value = 'a;b|c&d>e<f^g' }
        @{ Case = 'accents'; Value = $accented }
        @{ Case = 'letters beyond 16 bits'; Value = 'x' + [char]::ConvertFromUtf32(0x1f600) + 'y' }
        @{ Case = 'a combining mark'; Value = 'e' + [char] 0x301 }
        @{ Case = 'a line separator'; Value = 'a' + [char] 0x2028 + 'b' }
    )
}

BeforeAll {
    . "$PSScriptRoot/Store.ps1"
    Import-TestModule
    $directory = New-Directory
    $echo = New-Program $directory 'for argument; do printf "%s\0" "$argument"; done'
    $cat = New-Program $directory 'cat'
    function Invoke-It {
        param([hashtable] $Options)
        Invoke-Private { param($Options) Invoke-Program @Options } @($Options)
    }
}

AfterAll { Remove-Directory $directory }

Describe 'Invoke-Program: arguments' {
    It 'passes <Case> as it is' -ForEach $script:Arguments {
        $run = Invoke-It @{ FilePath = $echo; Arguments = @('first', $Value, 'last') }
        $run.Reason | Should -BeExactly ''
        $run.Output | Should -BeExactly "first`0$Value`0last`0"
    }

    It 'passes no argument' {
        (Invoke-It @{ FilePath = $echo }).Output | Should -BeExactly ''
    }

    It 'passes more than Windows allows on a command line' {
        $values = 1..3000 | ForEach-Object { "name number $_" }
        $run = Invoke-It @{ FilePath = $echo; Arguments = $values }
        $run.Output.Split([char] 0).Count | Should -Be 3001
    }

    It 'does not run a program with NUL in an argument, which would end it' {
        $run = Invoke-It @{ FilePath = $echo; Arguments = @("a`0b") }
        $run.Reason | Should -BeExactly 'not-started'
        $run.ErrorOutput | Should -BeLike '*NUL*'
    }

    It 'quotes by the rules of the C library on Windows' {
        $quoted = Invoke-Private { 'a', '', 'a b', 'a"b', 'a b\', 'a\\"b', '\' | ForEach-Object { ConvertTo-Argument $_ } }
        $quoted | Should -BeExactly @('a', '""', '"a b"', '"a\"b"', '"a b\\"', '"a\\\\\"b"', '\')
    }
}

Describe 'Invoke-Program: text' {
    It 'sends and reads UTF-8 in the code page <_>' -ForEach 850, 437, 1252, 932, 65001 {
        [System.Text.Encoding]::RegisterProvider([System.Text.CodePagesEncodingProvider]::Instance)
        $encoding = [System.Text.Encoding]::GetEncoding($_)
        $text = [string] [char] 0xc9 + [char] 0x20ac + [char] 0x4e2d + [char]::ConvertFromUtf32(0x1f600)
        $before = [Console]::OutputEncoding, [Console]::InputEncoding, $OutputEncoding
        try {
            [Console]::OutputEncoding = [Console]::InputEncoding = $global:OutputEncoding = $encoding
            $run = Invoke-It @{ FilePath = $cat; InputText = $text }
        } finally {
            [Console]::OutputEncoding, [Console]::InputEncoding, $global:OutputEncoding = $before
        }
        $run.Output | Should -BeExactly $text
    }

    It 'sends neither a byte order mark nor a line break of its own' {
        $count = New-Program $directory 'wc -c'
        (Invoke-It @{ FilePath = $count; InputText = 'abc' }).Output.Trim() | Should -BeExactly '3'
        (Invoke-It @{ FilePath = $count }).Output.Trim() | Should -BeExactly '0'
    }

    It 'replaces bytes that are not UTF-8' {
        $bad = New-Program $directory "printf 'a\377b'"
        (Invoke-It @{ FilePath = $bad }).Output | Should -BeExactly ('a' + [char] 0xfffd + 'b')
    }

    It 'does not accept bytes that are not UTF-8 with -Strict' {
        $bad = New-Program $directory "printf 'a\377b'"
        $run = Invoke-It @{ FilePath = $bad; Strict = $true }
        $run.Reason | Should -Not -BeExactly ''
        $run.Output | Should -BeExactly ''
        $run.ExitCode | Should -Not -Be 0
    }

    It 'reads 1 MB from both streams without a deadlock' {
        # Each stream is filled before the other: whoever reads one to its end first waits forever.
        $loud = New-Program $directory (
            'head -c 1048576 /dev/zero | tr "\0" e >&2; head -c 1048576 /dev/zero | tr "\0" o; ' +
            'head -c 1048576 /dev/zero | tr "\0" e >&2; exit 3')
        $run = Invoke-It @{ FilePath = $loud; Seconds = 60 }
        $run.Reason | Should -BeExactly ''
        $run.ExitCode | Should -Be 3
        $run.Output.Length | Should -Be 1048576
        $run.ErrorOutput.Length | Should -Be 2097152
    }

    It 'sends 1 MB while it reads 1 MB' {
        $text = 'x' * 1048576
        $run = Invoke-It @{ FilePath = $cat; InputText = $text; Seconds = 60 }
        $run.Reason | Should -BeExactly ''
        $run.Output -ceq $text | Should -BeTrue
    }

    It 'reads the answer of a program that does not read its input' {
        $deaf = New-Program $directory 'exec <&-; echo answer; exit 5'
        $run = Invoke-It @{ FilePath = $deaf; InputText = 'x' * 1048576; Seconds = 60 }
        $run.Output | Should -BeExactly "answer`n"
        $run.ExitCode | Should -Be 5
    }
}

Describe 'Invoke-Program: how it ends' {
    It 'returns the exit code <_>' -ForEach 0, 1, 4, 130, 255 {
        $program = New-Program $directory "exit $_"
        $run = Invoke-It @{ FilePath = $program }
        $run.Reason | Should -BeExactly ''
        $run.ExitCode | Should -Be $_
    }

    It 'returns an exit code other than 0 for a program that was killed' {
        $program = New-Program $directory 'kill -9 $$'
        (Invoke-It @{ FilePath = $program }).ExitCode | Should -Not -Be 0
    }

    It 'kills a program that does not end in time' {
        $slow = New-Program $directory 'echo $$ >"$0.pid"; echo early; exec sleep 600'
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        $run = Invoke-It @{ FilePath = $slow; Seconds = 1 }
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 60
        $run.Reason | Should -BeExactly 'time-limit'
        $run.ExitCode | Should -Not -Be 0
        $id = [int] [System.IO.File]::ReadAllText("$slow.pid")
        for ($i = 0; $i -lt 100 -and (Get-Process -Id $id -ErrorAction Ignore); $i++) { Start-Sleep -Milliseconds 50 }
        Get-Process -Id $id -ErrorAction Ignore | Should -BeNullOrEmpty
    }

    It 'does not wait for a program that closed its streams and goes on' {
        $slow = New-Program $directory 'exec >&- 2>&-; exec sleep 600'
        (Invoke-It @{ FilePath = $slow; Seconds = 0.5 }).Reason | Should -BeExactly 'time-limit'
    }

    It 'does not wait for a child that keeps the streams open' {
        $leaving = New-Program $directory 'sleep 600 & echo $! >"$0.pid"; exit 0'
        $run = Invoke-It @{ FilePath = $leaving; Seconds = 0.5 }
        Stop-Process -Id ([int] [System.IO.File]::ReadAllText("$leaving.pid"))
        $run.Reason | Should -BeExactly 'time-limit'
    }

    It 'ends in time if a program never reads 1 MB of input' {
        $deaf = New-Program $directory 'exec sleep 600'
        $run = Invoke-It @{ FilePath = $deaf; InputText = 'x' * 1048576; Seconds = 0.5 }
        $run.Reason | Should -BeExactly 'time-limit'
    }

    It 'reports <Case>, and throws nothing' -ForEach @(
        @{ Case = 'a program that is missing'; Path = '/nonexistent/rw2fa' }
        @{ Case = 'a directory'; Path = '/' }
        @{ Case = 'an empty path'; Path = '' }
        @{ Case = 'a path with NUL'; Path = "a`0b" }
    ) {
        $run = Invoke-It @{ FilePath = $Path }
        $run.Reason | Should -BeExactly 'not-started'
        $run.ExitCode | Should -Be -1
        $run.ErrorOutput | Should -Not -BeNullOrEmpty
    }

    It 'reports a file that is not executable' {
        $file = "$directory/plain"
        [System.IO.File]::WriteAllText($file, 'plain text')
        (Invoke-It @{ FilePath = $file }).Reason | Should -BeExactly 'not-started'
    }

    It 'starts the program in the current location of PowerShell' {
        $where = New-Program $directory 'pwd -P'
        Push-Location -LiteralPath $directory
        try { $run = Invoke-It @{ FilePath = $where } } finally { Pop-Location }
        $run.Output.Trim() | Should -BeLike "*$([System.IO.Path]::GetFileName($directory))"
    }

    It 'starts the program where the process is, if the location is not a directory' {
        Push-Location Env:
        try { $run = Invoke-It @{ FilePath = $echo; Arguments = @('x') } } finally { Pop-Location }
        $run.Output | Should -BeExactly "x`0"
    }
}
