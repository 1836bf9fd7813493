function Export-Rw2faKey {
    <#
    .SYNOPSIS
    Copies the key that seals the secrets into a file, and returns the file.
    .DESCRIPTION
    Without the key, the secrets of the store are lost. With the key and a copy of the store, anyone can compute every
    user's codes: keep them apart. With -WhatIf nothing is written or checked.
    .PARAMETER Path
    A new file, which only its owner will be able to read. An existing file is an error.
    .EXAMPLE
    Export-Rw2faKey E:\escrow\rw2fa.key
    .EXAMPLE
    Update-Rw2faKey -Confirm:$false; Export-Rw2faKey /media/escrow/rw2fa.key -Confirm:$false
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
    [OutputType([System.IO.FileInfo])]
    param([Parameter(Mandatory, Position = 0)] [string] $Path)
    Use-CallerPreference $PSCmdlet
    $file = Resolve-FilePath $PSCmdlet $Path
    if (-not $file) { return }
    $action = 'copy the key: with it and a copy of the store, anyone can compute every code'
    if (Confirm-Change $PSCmdlet $file $action) {
        Invoke-Export $PSCmdlet @('--yes', 'key', 'export', '--', $file) $file
    }
}
