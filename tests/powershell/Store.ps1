# What the tests share: a throwaway store, a phone, scripts that call the module, and programs that misbehave.
# Each test file loads it in BeforeAll.

$script:ModuleDirectory = [System.IO.Path]::GetFullPath("$PSScriptRoot/../../examples/powershell/Rw2fa")
$script:ModuleManifest = "$script:ModuleDirectory/Rw2fa.psd1"

# Loads the module as it is now, and drops what another test file loaded.
function Import-TestModule {
    Remove-Module Rw2fa -ErrorAction Ignore
    Import-Module $script:ModuleManifest -Scope Global -Force
}

# Runs a function of the module that it does not export.
function Invoke-Private {
    param([scriptblock] $Script, [object[]] $Arguments = @())
    & (Get-Module Rw2fa) $Script @Arguments
}

# Creates a directory that only this process uses. In memory, if there is such a place and TMPDIR is not set: on a
# disk, a store waits for each document that it writes.
function New-Directory {
    param([switch] $InMemory)
    $parent = [System.IO.Path]::GetTempPath()
    if ($InMemory -and -not $env:TMPDIR -and [System.IO.Directory]::Exists('/dev/shm')) { $parent = '/dev/shm' }
    $path = [System.IO.Path]::Combine($parent, 'rw2fa-' + [guid]::NewGuid().ToString('N'))
    [System.IO.Directory]::CreateDirectory($path).FullName
}

# Creates a store in a directory of its own and makes it the one that the module and the program use. Names are
# not looked up in this system, a code is accepted only within 30 s, and a lock lasts for the whole test.
function New-Store {
    $directory = New-Directory -InMemory
    $env:RW2FA_STORE = [System.IO.Path]::Combine($directory, 'store')
    Invoke-Admin init
    Invoke-Admin advanced set names portal
    Invoke-Admin advanced set discrepancy 1
    Invoke-Admin advanced set lockout-seconds 1h
    $directory
}

# Removes a directory of New-Store or New-Directory.
function Remove-Directory {
    param([string] $Path)
    if ($Path -and [System.IO.Directory]::Exists($Path)) { [System.IO.Directory]::Delete($Path, $true) }
}

function Remove-Store {
    param([string] $Path)
    Remove-Directory $Path
    $env:RW2FA_STORE = $null
}

# Runs the program itself, without the module. Throws if it fails.
function Invoke-Admin {
    $output = & rw2fa --yes --quiet @args 2>&1
    if ($LASTEXITCODE -ne 0) { throw "rw2fa $args ended with exit code ${LASTEXITCODE}: $output" }
    $output
}

# Returns the listed entries as the program itself lists them.
function Get-Listed {
    (Invoke-Admin users list --format json | ConvertFrom-Json).entries
}

# Takes every entry off the list, without the module.
function Clear-Store {
    $list = [System.IO.Path]::Combine([System.IO.Path]::GetDirectoryName($env:RW2FA_STORE), 'clear.csv')
    & sh -c 'rw2fa users list --format csv >"$1" && rw2fa --yes --quiet users remove --from "$1"' sh $list
    if ($LASTEXITCODE -ne 0) { throw "the list cannot be cleared: exit code $LASTEXITCODE" }
}

# Returns every file of the store with its content, as one text.
function Get-StoreContent {
    $root = $env:RW2FA_STORE
    $files = [System.IO.Directory]::GetFiles($root, '*', [System.IO.SearchOption]::AllDirectories)
    $lines = foreach ($file in ($files | Sort-Object)) {
        $file.Substring($root.Length) + ' ' + [System.Convert]::ToBase64String([System.IO.File]::ReadAllBytes($file))
    }
    $lines -join "`n"
}

# Runs a script block on a copy of the store, which is removed afterwards. Adds what the block returns to an object
# with the Content of the store before and after.
function Use-StoreCopy {
    param([scriptblock] $Script)
    $original = $env:RW2FA_STORE
    $copy = New-Directory -InMemory
    & cp -a -- $original "$copy/store"
    $env:RW2FA_STORE = "$copy/store"
    try {
        $before = Get-StoreContent
        $result = & $Script
        [pscustomobject]@{ Before = $before; Result = $result; After = Get-StoreContent }
    } finally {
        $env:RW2FA_STORE = $original
        Remove-Directory $copy
    }
}

# Configures a gateway that sends nothing, so that users can have the method sms.
function Set-Gateway {
    param([string] $Directory)
    $gateway = New-Program $Directory 'exit 0'
    Invoke-Admin sms configure --command $gateway
}

# Returns the code that an app shows for a secret in base 32, some steps of 30 s from now.
function Get-AppCode {
    param([string] $Secret, [int] $Step = 0, [int] $Digits = 6)
    $bits = [System.Text.StringBuilder]::new()
    foreach ($letter in $Secret.ToUpperInvariant().ToCharArray()) {
        $value = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.IndexOf($letter)
        if ($value -ge 0) { $null = $bits.Append([System.Convert]::ToString($value, 2).PadLeft(5, '0')) }
    }
    $key = [byte[]] @(for ($i = 0; $i + 8 -le $bits.Length; $i += 8) { [System.Convert]::ToByte($bits.ToString($i, 8), 2) })
    $now = [System.Math]::Floor([System.DateTimeOffset]::UtcNow.ToUnixTimeSeconds() / 30)
    $counter = [System.BitConverter]::GetBytes([long] ($now + $Step))
    [array]::Reverse($counter)
    $hmac = [System.Security.Cryptography.HMACSHA1]::new($key)
    $hash = $hmac.ComputeHash($counter)
    $hmac.Dispose()
    $offset = $hash[19] -band 0xf
    $number = (([int] $hash[$offset] -band 0x7f) -shl 24) -bor ([int] $hash[$offset + 1] -shl 16) -bor
        ([int] $hash[$offset + 2] -shl 8) -bor [int] $hash[$offset + 3]
    ($number % [long] [System.Math]::Pow(10, $Digits)).ToString().PadLeft($Digits, '0')
}

# Returns a code that an app shows at no time near now.
function Get-WrongCode {
    param([string] $Secret)
    $right = foreach ($step in -4..4) { Get-AppCode $Secret $step }
    (0..20 | ForEach-Object { $_.ToString('000000') } | Where-Object { $right -notcontains $_ })[0]
}

# Lists a user who has enrolled, and returns the secret of their app. Codes of this step and earlier ones are
# used then: the next one is that of step 1.
function New-EnrolledUser {
    param([string] $Name, [switch] $IsListed)
    if (-not $IsListed) { Invoke-Admin users add $Name }
    $answer = & rw2fa-verify --no-groups --qr=none -- $Name | ConvertFrom-Json
    $secret = $answer.enrolment.secret
    $answer = Get-AppCode $secret | rw2fa-verify --no-groups --code-stdin -- $Name | ConvertFrom-Json
    if ($answer.reason -ne 'activated') { throw "${Name}: $($answer.reason)" }
    $secret
}

# Locks an enrolled user until some time from now.
function Lock-User {
    param([string] $Name, [string] $Secret)
    for ($i = 0; $i -lt 5; $i++) {
        $answer = Get-WrongCode $Secret | rw2fa-verify --no-groups --code-stdin -- $Name | ConvertFrom-Json
    }
    if ($answer.reason -ne 'locked') { throw "${Name}: $($answer.reason)" }
}

# Writes a program, a script for sh, and returns its path.
function New-Program {
    param([string] $Directory, [string] $Text)
    $path = [System.IO.Path]::Combine($Directory, 'program-' + [guid]::NewGuid().ToString('N'))
    [System.IO.File]::WriteAllText($path, "#!/bin/sh`n$Text`n")
    & chmod 755 $path
    $path
}

# Writes a program that does what rw2fa does and counts its runs in the file of its name with '.runs'.
function New-CountingProgram {
    param([string] $Directory)
    $rw2fa = (Get-Command rw2fa -CommandType Application)[0].Path
    New-Program $Directory "echo run >>`"`$0.runs`"`nexec '$rw2fa' `"`$@`""
}

function Get-RunCount {
    param([string] $Program)
    if (-not (Test-Path -LiteralPath "$Program.runs")) { return 0 }
    @([System.IO.File]::ReadAllLines("$Program.runs")).Count
}

# Runs a script file in this process, as a user's script runs: with a scope of its own, outside of the module.
# Without a byte order mark, as PowerShell 7 reads it.
function Invoke-ScriptFile {
    param([string] $Directory, [string] $Text)
    $path = [System.IO.Path]::Combine($Directory, 'script-' + [guid]::NewGuid().ToString('N') + '.ps1')
    [System.IO.File]::WriteAllText($path, $Text)
    & $path
}

# Runs a script in a PowerShell of its own and returns the lines that it prints. The variables are added to its
# environment.
function Invoke-NewPowerShell {
    param([string] $Directory, [string] $Text, [hashtable] $Environment = @{})
    $path = [System.IO.Path]::Combine($Directory, 'script-' + [guid]::NewGuid().ToString('N') + '.ps1')
    [System.IO.File]::WriteAllText($path, "Import-Module '$script:ModuleManifest'`n$Text")
    $before = @{}
    foreach ($name in $Environment.Keys) {
        $before[$name] = [System.Environment]::GetEnvironmentVariable($name)
        [System.Environment]::SetEnvironmentVariable($name, $Environment[$name])
    }
    try {
        & ([System.Environment]::ProcessPath) -NoProfile -NonInteractive -File $path 2>&1
    } finally {
        foreach ($name in $before.Keys) { [System.Environment]::SetEnvironmentVariable($name, $before[$name]) }
    }
}

# Runs a script block and returns what its caller sees: Output, Errors, Warnings, and IsTerminated if an error
# ended it.
function Watch-Call {
    param([scriptblock] $Script)
    $watched = [pscustomobject]@{ Output = @(); Errors = @(); Warnings = @(); IsTerminated = $false }
    try {
        $watchedAll = @(& $Script 2>&1 3>&1)
    } catch {
        $watched.IsTerminated = $true
        $watched.Errors = @($_)
        return $watched
    }
    $watched.Errors = @($watchedAll | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] })
    $watched.Warnings = @($watchedAll | Where-Object { $_ -is [System.Management.Automation.WarningRecord] })
    $watched.Output = @($watchedAll | Where-Object {
            $_ -isnot [System.Management.Automation.ErrorRecord] -and $_ -isnot [System.Management.Automation.WarningRecord] })
    $watched
}
