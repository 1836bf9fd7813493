# Two-factor authentication for the remote-work portal, as functions that take and return objects.
#
# Each function is a file of its own: those that users call in Public, what they share in Private. The module
# runs the program rw2fa, which must be on the path or at $env:RW2FA_PROGRAM. The program uses the system's
# store, or the one at $env:RW2FA_STORE.
#
# Written for Windows PowerShell 5.1 and PowerShell 7: no operator, parameter or .NET member that 5.1 lacks.
Set-StrictMode -Version Latest
# Inside the module, a failure that nothing handles ends the function; callers choose what theirs does.
$ErrorActionPreference = 'Stop'

foreach ($folder in 'Private', 'Public') {
    foreach ($file in [System.IO.Directory]::GetFiles("$PSScriptRoot/$folder", '*.ps1')) { . $file }
}
