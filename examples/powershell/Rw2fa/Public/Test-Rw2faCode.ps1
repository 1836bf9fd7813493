function Test-Rw2faCode {
    <#
    .SYNOPSIS
    Checks a code that a user reads out, and shows how far the device's clock is off.
    .DESCRIPTION
    Does not use the code up. Recognises the codes of a device whose clock is up to 24 hours off. A code from
    another device counts as a failed attempt, and too many of those lock the user.

    IsRight is true if the code belongs to the user's device and its clock is right enough for a login. It is also
    true for a code that was used before: Result is then 'used'. The other results are right, outside-window, wrong,
    malformed, locked and no-secret. Drift is positive if the device's clock is fast.
    .PARAMETER Name
    A user, or an object of Get-Rw2faUser or of a directory.
    .PARAMETER Code
    The code, as a secure string. Without it, the function asks for the code.
    .EXAMPLE
    Test-Rw2faCode alice
    .EXAMPLE
    $code = Read-Host -AsSecureString -Prompt 'Code'
    if (-not (Test-Rw2faCode alice -Code $code).IsRight) { 'try the next code' }
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Low')]
    [OutputType('Rw2fa.CodeTest')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline)] [AllowNull()] [AllowEmptyString()] [object] $Name,
        [Parameter(Position = 1)] [securestring] $Code
    )
    begin { Use-CallerPreference $PSCmdlet }
    process {
        $entry = ConvertTo-UserEntry $PSCmdlet $Name
        if ($null -eq $entry) { return }
        if (-not (Confirm-Change $PSCmdlet $entry.Name 'check a code: a wrong one counts as a failed attempt')) { return }
        $secret = $Code
        if ($null -eq $secret) {
            try { $secret = Read-Host -AsSecureString -Prompt "Code of $($entry.Name)" } catch {
                Write-Failure $PSCmdlet 'usage' 'no code was given' -Target $Name -Hint 'pass it as -Code'
                return
            }
        }
        $text = [System.Net.NetworkCredential]::new('', $secret).Password
        $document = Read-Rw2fa $PSCmdlet @('users', 'test', '--code-stdin', '--', $entry.Name) -InputText "$text`n" -Target $Name
        $test = Get-Field $document 'test'
        if ($null -ne $test) { ConvertTo-CodeTest $test }
    }
}
