# Returns the full path of a file for the program, which knows neither PowerShell's drives nor its current
# location. Wildcard characters are characters of the name. Reports a path outside of the file system, and
# returns nothing.
function Resolve-FilePath {
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [string] $Path)
    $provider = $null
    $drive = $null
    try {
        $full = $Cmdlet.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Path, [ref] $provider, [ref] $drive)
    } catch {
        $message = $_.Exception.GetBaseException().Message
        Write-Failure $Cmdlet 'usage' $message -Target $Path
        return
    }
    if ($provider.Name -eq 'FileSystem') { return $full }
    Write-Failure $Cmdlet 'usage' "'$Path' is not a path of the file system" -Target $Path -Hint 'use a path such as ./staff.csv'
}
