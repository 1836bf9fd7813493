function Export-Rw2faStore {
    <#
    .SYNOPSIS
    Writes the whole store into one TOML file, and returns the file.
    .DESCRIPTION
    The file has the settings, users with their sealed secrets, groups, whitelist and messages, but not the key (see
    Export-Rw2faKey) or the audit trail. Logins continue meanwhile. With -WhatIf nothing is written or checked.
    .PARAMETER Path
    A new file, which only its owner will be able to read. An existing file is an error.
    .PARAMETER RevealSecrets
    Writes the secrets unsealed: anyone who has the file can compute every user's codes. Asks first.
    .PARAMETER Force
    Does not ask when secrets are revealed.
    .EXAMPLE
    Export-Rw2faStore "/backup/rw2fa-$(Get-Date -Format yyyy-MM-dd).toml"
    .EXAMPLE
    Export-Rw2faStore D:\Move\rw2fa.toml -RevealSecrets
    #>
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType([System.IO.FileInfo])]
    param(
        [Parameter(Mandatory, Position = 0)] [string] $Path,
        [switch] $RevealSecrets,
        [switch] $Force
    )
    Use-CallerPreference $PSCmdlet
    $file = Resolve-FilePath $PSCmdlet $Path
    if (-not $file) { return }
    $action = 'export the store'
    $arguments = @('--yes', 'store', 'export')
    if ($RevealSecrets) {
        $action = 'export the store with secrets that anyone with the file can use'
        $arguments += '--reveal-secrets'
        # As for a function with ConfirmImpact High.
        $isDecided = $Force -or $PSBoundParameters.ContainsKey('Confirm')
        if ($ConfirmPreference -eq 'High' -and -not $isDecided) { $ConfirmPreference = 'Medium' }
    }
    if (Confirm-Change $PSCmdlet $file $action) { Invoke-Export $PSCmdlet ($arguments + @('--', $file)) $file }
}
