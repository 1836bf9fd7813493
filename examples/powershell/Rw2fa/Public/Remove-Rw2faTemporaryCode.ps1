function Remove-Rw2faTemporaryCode {
    <#
    .SYNOPSIS
    Deletes the temporary codes of users.
    .DESCRIPTION
    A user without a temporary code is unchanged.
    .PARAMETER Name
    Users, or objects of Get-Rw2faUser or of a directory.
    .EXAMPLE
    Remove-Rw2faTemporaryCode alice
    .EXAMPLE
    Get-Rw2faUser -Detailed | Where-Object TemporaryCodeUsesLeft | Remove-Rw2faTemporaryCode
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium')]
    [OutputType('Rw2fa.Change')]
    param([Parameter(Mandatory, Position = 0, ValueFromPipeline)] [AllowEmptyCollection()] [AllowNull()] [object[]] $Name)
    begin { Use-CallerPreference $PSCmdlet }
    process {
        foreach ($one in $Name) {
            $entry = ConvertTo-UserEntry $PSCmdlet $one
            if ($null -eq $entry) { continue }
            $arguments = @('users', 'temporary-code', '--revoke', '--', $entry.Name)
            Invoke-SingleChange $PSCmdlet $arguments $entry.Name 'delete the temporary code' -Source $one
        }
    }
}
