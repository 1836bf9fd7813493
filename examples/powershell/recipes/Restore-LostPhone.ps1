<#
.SYNOPSIS
Replaces the secret of a user who has lost their phone, and prints what to say to them.
.DESCRIPTION
For the help desk. Shows who the user is, and asks before it acts. The app on the lost phone and the recovery codes
then no longer work, and no new session opens without a new code. The user sets up the new phone with the QR code in
the file, or by typing the secret that is shown.

Before you run it, make sure that the caller is the user: call back on a number that you know. If the phone was
stolen, have the password changed first.

Exit code 0 means that the secret was replaced, 1 that it was not.
.PARAMETER Name
The user.
.PARAMETER QrFile
A new .png or .svg file for the QR code. Without it, the secret is shown as text.
.PARAMETER For
How long the user has to set up the new phone, such as 8h or 3d.
.EXAMPLE
./Restore-LostPhone.ps1 alice -QrFile alice.png
.EXAMPLE
./Restore-LostPhone.ps1 'CORP\bob' -For 3d
#>
[CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
param(
    [Parameter(Mandatory, Position = 0)] [string] $Name,
    [string] $QrFile,
    [string] $For = '24h'
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

try {
    # The module is in the directory beside this one, or is installed.
    $module = "$PSScriptRoot/../Rw2fa/Rw2fa.psd1"
    if (-not (Test-Path -LiteralPath $module)) { $module = 'Rw2fa' }
    Import-Module $module -Verbose:$false

    # A group may have the same name.
    $user = Get-Rw2faUser -LiteralName $Name -Type user -Detailed | Select-Object -First 1
    if ($null -eq $user) { throw "no user is called '$Name'" }
    "user:        $($user.Name)"
    "notes:       $($user.Notes)"
    "state:       $($user.State)"
    "last login:  $(if ($null -ne $user.LastLogin) { $user.LastLogin.ToString('yyyy-MM-dd HH:mm') } else { 'never' })"
    "method:      $($user.Method) $($user.Phone)".TrimEnd()
    if ($user.Method -eq 'sms') {
        throw "$($user.Name) gets codes by SMS: have the SIM card blocked. For another number: " +
            "Set-Rw2faUser '$($user.Name.Replace("'", "''"))' -Phone +33612345678"
    }
    if (-not $PSCmdlet.ShouldProcess($user.Name, 'delete the secret, and create a new one for the new phone')) {
        if ($WhatIfPreference) { exit 0 }
        throw 'nothing was changed'
    }
    $options = @{ LostPhone = $true; For = $For; Confirm = $false }
    if ($QrFile) { $options.QrFile = $QrFile }
    # The name as the list has it: an object of the user, so that a pattern is not one.
    $made = New-Rw2faEnrolment $user @options
    $until = $made.ValidUntil.ToString('yyyy-MM-dd HH:mm')
} catch {
    [Console]::Error.WriteLine("error: $($_.Exception.Message)")
    exit 1
}
''
if ($QrFile) {
    "The QR code is in $($made.QrFile). Hand it over in person, then delete the file."
} else {
    "secret:      $(($made.Secret -replace '(.{4})', '$1 ').TrimEnd())"
    "account:     $($user.Name)"
}
''
'Say to the user:'
'  - Your old phone and your recovery codes no longer work for signing in.'
if ($QrFile) {
    '  - Open your authenticator app, add an account, and scan the QR code.'
} else {
    '  - Open your authenticator app, add an account, choose to enter a key, and type the secret.'
}
"  - Sign in, and type the code that the app shows, before $until."
'  - Tell nobody the code, not even us.'
exit 0
