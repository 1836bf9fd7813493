# Tests of docs/powershell.md: its blocks are run, in order, in one session with one throwaway store, and what the
# page shows below a block is what was printed.

BeforeDiscovery {
    . "$PSScriptRoot/Page.ps1"
    $number = 0
    $cases = @(foreach ($block in Read-Block) {
        @{ number = $number; line = $block.Line; kind = $block.Kind; expected = $block.Expected; first = ($block.Text -split "`n")[0] }
        $number += 1
    })
    $shown = @($cases | Where-Object { $_.kind -eq 'shown' })
    $hidden = @($cases | Where-Object { $_.kind -eq 'hidden' })
}

Describe 'Documents: docs/powershell.md' {
    BeforeAll {
        . "$PSScriptRoot/Store.ps1"
        . "$PSScriptRoot/Page.ps1"
        $blocks = @(Read-Block)
        $place = New-Directory
        $file = "$place/page.ps1"
        [System.IO.File]::WriteAllText($file, (Get-PageScript))
        $start = [System.Diagnostics.ProcessStartInfo]::new([System.Environment]::ProcessPath)
        $start.Arguments = "-NoProfile -NonInteractive -File $file"
        $start.WorkingDirectory = $place
        $start.RedirectStandardInput = $true
        $start.RedirectStandardOutput = $true
        $start.RedirectStandardError = $true
        $start.EnvironmentVariables['RW2FA_STORE'] = "$place/store"
        $start.EnvironmentVariables['PSModulePath'] = [System.IO.Path]::GetDirectoryName($script:ModuleDirectory)
        $process = [System.Diagnostics.Process]::Start($start)
        $process.StandardInput.Dispose()
        $reading = $process.StandardError.ReadToEndAsync()
        $output = $process.StandardOutput.ReadToEnd()
        $process.WaitForExit()
        $errors = $reading.Result
        $printed = @{}
        foreach ($part in ($output -split "`0" | Select-Object -Skip 1)) {
            $number, $rest = $part -split '\r?\n', 2
            $printed[[int] $number] = $rest
        }
    }

    AfterAll {
        Remove-Directory $place
    }

    It 'has blocks, and only a few that are not run, with a reason' {
        $blocks.Count | Should -BeGreaterThan 15
        @($blocks | Where-Object Kind -eq 'not run').Count | Should -BeLessOrEqual 4
        $printed.Count | Should -Be $blocks.Count
    }

    It 'prints no errors' {
        $errors | Should -BeNullOrEmpty
    }

    It 'prints what it shows: line <line>, <first>' -ForEach $shown {
        # PowerShell puts blank lines around tables.
        $lines = @($printed[$number] -split '\r?\n' | ForEach-Object { $_.TrimEnd() } | Where-Object { $_ })
        if ($null -eq $expected) {
            $lines -join '' | Should -BeNullOrEmpty
            return
        }
        $texts = @($expected | Where-Object { $_ })
        $isSame = $lines.Count -eq $texts.Count
        for ($at = 0; $isSame -and $at -lt $texts.Count; $at++) { $isSame = Test-Line $texts[$at] $lines[$at] }
        # A failure shows both.
        if (-not $isSame) { $lines -join "`n" | Should -BeExactly ($texts -join "`n") }
    }

    It 'prints nothing where it prepares: line <line>' -ForEach $hidden {
        $printed[$number].Trim() | Should -BeNullOrEmpty
    }

    It 'compares: <shown> and <actual>' -ForEach @(
        @{ shown = 'abc'; actual = 'abc'; same = $true }
        @{ shown = 'abc'; actual = 'abcd'; same = $false }
        @{ shown = 'abc'; actual = 'ABC'; same = $false }
        @{ shown = 'a.c'; actual = 'abc'; same = $false }
        @{ shown = 'a' + [char] 0x2026 + 'c'; actual = 'abbc'; same = $true }
        @{ shown = 'a' + [char] 0x2026 + 'c'; actual = 'abb'; same = $false }
        @{ shown = 'until 2026-11-28 06:00'; actual = 'until 2027-01-02 23:59'; same = $true }
        @{ shown = 'until 2026-11-28 06:00'; actual = 'until tomorrow'; same = $false }
    ) {
        Test-Line $shown $actual | Should -Be $same
    }

    It 'lists the kinds of errors with their categories' {
        Import-TestModule
        $categories = Invoke-Private { $script:Categories }
        $listed = @{}
        foreach ($line in [System.IO.File]::ReadAllLines($script:Page)) {
            if ($line -notmatch '^\| (`Rw2fa\..*?) \| (\w+) \|') { continue }
            $category = $Matches[2]
            foreach ($match in [regex]::Matches($Matches[1], 'Rw2fa\.([a-z-]+)')) { $listed[$match.Groups[1].Value] = $category }
        }
        ($listed.Keys | Sort-Object) -join ' ' | Should -Be (($categories.Keys | Sort-Object) -join ' ')
        foreach ($kind in $categories.Keys) { "$kind $($listed[$kind])" | Should -Be "$kind $($categories[$kind])" }
    }

    It 'has short lines, and no trailing blanks' {
        $number = 0
        foreach ($line in [System.IO.File]::ReadAllLines($script:Page)) {
            $number += 1
            if ($line -ne $line.TrimEnd()) { throw "line ${number}: blanks at the end" }
            # Rows of tables, a line of cron and what the page does not show cannot be wrapped.
            if ($line.Length -gt 100 -and $line -notmatch '^(\||0 6 |\$null = )') { throw "line ${number}: $($line.Length) characters" }
        }
        $number | Should -BeLessThan 300
    }
}
