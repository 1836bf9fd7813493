function Initialize-Rw2fa {
    <#
    .SYNOPSIS
    Creates a store, or completes an existing one.
    .DESCRIPTION
    Never overwrites a file. In an existing store, it creates missing lock files, removes temporary files that killed
    programs left behind, and records changes that the audit trail does not show yet.

    Two-factor authentication is off in a new store: add users first, then call Enable-Rw2fa. The store is the
    system's, or the one at $env:RW2FA_STORE.
    .PARAMETER Owner
    The account that owns the store and runs the verifier. Not on Windows.
    .PARAMETER ServiceAccount
    Windows only: another account that may use the store, and so can read its secrets.
    .PARAMETER PerUser
    Creates a store for this user only, which is used if there is no system store.
    .PARAMETER NewTrail
    Starts a new audit trail even if the lost one left an empty directory behind.
    .EXAMPLE
    Initialize-Rw2fa -WhatIf
    .EXAMPLE
    Initialize-Rw2fa -Owner rw2fa
    #>
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType('Rw2fa.Change')]
    param(
        [string] $Owner,
        [string] $ServiceAccount,
        [switch] $PerUser,
        [switch] $NewTrail
    )
    Use-CallerPreference $PSCmdlet
    $arguments = @('init')
    if ($PSBoundParameters.ContainsKey('Owner')) { $arguments += "--owner=$Owner" }
    if ($PSBoundParameters.ContainsKey('ServiceAccount')) { $arguments += "--service-account=$ServiceAccount" }
    if ($PerUser) { $arguments += '--per-user' }
    if ($NewTrail) { $arguments += '--new-trail' }
    $target = if ($PerUser) { 'the store of this user' } else { 'the store of the system' }
    if ($env:RW2FA_STORE) { $target = $env:RW2FA_STORE }
    Invoke-SingleChange $PSCmdlet $arguments $target 'create the store, or complete it'
}
