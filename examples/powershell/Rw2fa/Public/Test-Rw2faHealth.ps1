function Test-Rw2faHealth {
    <#
    .SYNOPSIS
    Finds problems with the store and this server before they affect a login.
    .DESCRIPTION
    Does what a login does, and changes nothing. Returns an object for each finding, the most severe first; nothing
    if there is none. A finding is not an error of this function. Severity is error, warning or info; Remedy says what
    to do.
    .PARAMETER Ntp
    Also asks this time server how far off the clock is: HOST or HOST:PORT.
    .PARAMETER Online
    Also asks the SMS gateway about the credentials and the balance.
    .EXAMPLE
    Test-Rw2faHealth | Where-Object Severity -ne info | Format-List
    .EXAMPLE
    if (Test-Rw2faHealth -Ntp pool.ntp.org | Where-Object Severity -eq error) { Send-Alarm }
    #>
    [CmdletBinding()]
    [OutputType('Rw2fa.Finding')]
    param(
        [string] $Ntp,
        [switch] $Online
    )
    Use-CallerPreference $PSCmdlet
    $arguments = @('doctor')
    if ($PSBoundParameters.ContainsKey('Ntp')) { $arguments += "--ntp=$Ntp" }
    if ($Online) { $arguments += '--online' }
    foreach ($finding in (Get-Field (Read-Rw2fa $PSCmdlet $arguments) 'findings')) { ConvertTo-Finding $finding }
}
