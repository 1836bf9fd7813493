# Runs a command that writes a file and has no JSON, and returns the file.
function Invoke-Export {
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [string[]] $Arguments, [string] $Path)
    $run = Invoke-Rw2fa $Cmdlet $Arguments -AsText
    if ($null -eq $run) { return }
    foreach ($failure in $run.Failures) {
        Write-Failure $Cmdlet $failure.kind $failure.message -Hint ([string] $failure.hint) -Target $Path
    }
    if ($run.ExitCode -eq 0) { [System.IO.FileInfo]::new($Path) }
}
