# Reads values from the store for completion: objects with Text and Tip. Without a program or a store, and after
# two seconds, there are none.
function Read-Completion {
    param([string[]] $Arguments, [string] $List, [string] $Field, [scriptblock] $Tip)
    $program = Find-Program (Get-ProgramName)
    if (-not $program) { return }
    $run = Invoke-Program -FilePath $program -Arguments (@('--format', 'json') + $Arguments) -Seconds 2
    if (-not $run.Output) { return }
    foreach ($entry in (Get-Field (ConvertFrom-Document $run.Output) $List)) {
        [pscustomobject]@{ Text = [string] $entry.$Field; Tip = [string] (& $Tip $entry) }
    }
}

# Returns the values that begin with what was typed, quoted as PowerShell needs.
function Complete-Value {
    param([AllowEmptyString()] [string] $Typed, [scriptblock] $Read)
    $start = $Typed.Trim([char[]] @("'", '"'))
    $found = @(try { & $Read $start } catch { Write-Debug $_.Exception.Message })
    $isEmpty = $true
    foreach ($value in $found) {
        if (-not $value.Text.StartsWith($start, [System.StringComparison]::OrdinalIgnoreCase)) { continue }
        $text = $value.Text
        # PowerShell would read a name of digits as a number, and lose its zeros.
        if ($Typed -match '^["'']' -or $text -notmatch '^[\p{L}_][\w.\\@-]*\z') {
            $text = "'" + [System.Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($text) + "'"
        }
        $tip = if ($value.Tip) { $value.Tip } else { $value.Text }
        [System.Management.Automation.CompletionResult]::new($text, $value.Text, 'ParameterValue', $tip)
        $isEmpty = $false
    }
    # Without a result, PowerShell would offer files.
    if ($isEmpty -and $Typed) { [System.Management.Automation.CompletionResult]::new($Typed) }
}

# Completes names of users and groups. The program finds those that begin with what was typed.
function Complete-ListedName {
    param([AllowEmptyString()] [string] $Typed, [string[]] $Options = @())
    Complete-Value $Typed {
        param($start)
        $arguments = @('users', 'list') + $Options + @('--', "$start*")
        Read-Completion $arguments 'entries' 'name' { param($entry) "$($entry.type) $($entry.state)".Trim() }
    }
}

# Completes names of the whitelist.
function Complete-WhitelistName {
    param([AllowEmptyString()] [string] $Typed)
    Complete-Value $Typed {
        Read-Completion @('whitelist', 'list') 'entries' 'name' { param($entry) "whitelist: $($entry.state)" }
    }
}

# Completes names of settings.
function Complete-SettingName {
    param([AllowEmptyString()] [string] $Typed)
    Complete-Value $Typed {
        Read-Completion @('advanced', 'list') 'settings' 'key' { param($entry) $entry.meaning }
    }
}

# Registers what completes the parameters of the public functions. Does not run the program.
function Register-Completion {
    $listed = {
        param($commandName, $parameterName, $wordToComplete)
        Complete-ListedName $wordToComplete
    }
    $users = {
        param($commandName, $parameterName, $wordToComplete)
        Complete-ListedName $wordToComplete @('--type=user')
    }
    $groups = {
        param($commandName, $parameterName, $wordToComplete)
        Complete-ListedName $wordToComplete @('--type=group')
    }
    $whitelist = {
        param($commandName, $parameterName, $wordToComplete)
        Complete-WhitelistName $wordToComplete
    }
    $settings = {
        param($commandName, $parameterName, $wordToComplete)
        Complete-SettingName $wordToComplete
    }
    $both = 'Get-Rw2faUser', 'Remove-Rw2faUser', 'Set-Rw2faUser', 'Reset-Rw2faUser'
    Register-ArgumentCompleter -CommandName $both -ParameterName Name -ScriptBlock $listed
    Register-ArgumentCompleter -CommandName $both -ParameterName LiteralName -ScriptBlock $listed
    Register-ArgumentCompleter -CommandName $both -ParameterName Group -ScriptBlock $groups
    $one = 'Unlock-Rw2faUser', 'Revoke-Rw2faGrant', 'Test-Rw2faCode', 'Test-Rw2faLogin', 'New-Rw2faEnrolment',
        'New-Rw2faRecoveryCode', 'New-Rw2faTemporaryCode', 'Remove-Rw2faTemporaryCode', 'Add-Rw2faWhitelist'
    Register-ArgumentCompleter -CommandName $one -ParameterName Name -ScriptBlock $users
    Register-ArgumentCompleter -CommandName 'Get-Rw2faAudit', 'Confirm-Rw2faLogin' -ParameterName User -ScriptBlock $users
    $entries = 'Get-Rw2faWhitelist', 'Remove-Rw2faWhitelist'
    Register-ArgumentCompleter -CommandName $entries -ParameterName Name -ScriptBlock $whitelist
    $names = 'Get-Rw2faSetting', 'Set-Rw2faSetting', 'Reset-Rw2faSetting'
    Register-ArgumentCompleter -CommandName $names -ParameterName Name -ScriptBlock $settings
}
Register-Completion
