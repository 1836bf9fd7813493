function New-Rw2faEnrolment {
    <#
    .SYNOPSIS
    Creates a user's secret, to hand over in person.
    .DESCRIPTION
    Returns an object with the secret, and with the address that an authenticator app reads from a QR code. Anyone
    who sees them can create the user's codes, so keep them out of logs and transcripts. -QrFile writes the QR code
    to a file, which you can print.

    The secret is valid for 24 hours, or as long as -For says, until a login confirms it with a correct code. If it
    expires, the user cannot enrol until you run this again. For a user who has enrolled, use -LostPhone.
    .PARAMETER Name
    Users, or objects of Get-Rw2faUser or of a directory.
    .PARAMETER For
    How long the secret is valid: a text such as 8h, 3d or 2w, or a [timespan].
    .PARAMETER QrFile
    A new .png or .svg file for the QR code of one user.
    .PARAMETER LostPhone
    Replaces the secret of a lost phone: also ends lockouts and grants, and deletes recovery codes and temporary codes.
    A user who gets codes by SMS keeps the number, and there is nothing to hand over: the result is then a change.
    .PARAMETER SelfService
    Creates no secret: the next login shows a QR code to anyone with the password. The result is then a change.
    .EXAMPLE
    New-Rw2faEnrolment alice -QrFile alice.png -For 3d
    .EXAMPLE
    Import-Csv new.csv | Add-Rw2faUser | ForEach-Object { New-Rw2faEnrolment $_ -QrFile "$($_.Name).svg" }
    .EXAMPLE
    New-Rw2faEnrolment alice -LostPhone -QrFile alice.png
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium', DefaultParameterSetName = 'Enrol')]
    [OutputType('Rw2fa.Enrolment', 'Rw2fa.Change')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline)] [AllowEmptyCollection()] [AllowNull()] [object[]] $Name,
        [object] $For,
        [string] $QrFile,
        [Parameter(Mandatory, ParameterSetName = 'LostPhone')] [switch] $LostPhone,
        [Parameter(ParameterSetName = 'LostPhone')] [switch] $SelfService
    )
    begin {
        Use-CallerPreference $PSCmdlet
        # A lost phone destroys the old secret, so ask as functions do that destroy something.
        if ($LostPhone -and $ConfirmPreference -eq 'High') { $ConfirmPreference = 'Medium' }
        $command, $action = 'enrol', 'create a secret to hand over'
        if ($LostPhone) { $command, $action = 'lost-phone', 'delete the secret, and create a new one to hand over' }
        if ($SelfService) { $action = 'delete the secret: the next login shows a new QR code' }
        $arguments = @('--yes', 'users', $command)
        if ($WhatIfPreference) { $arguments += '--dry-run' }
        if ($PSBoundParameters.ContainsKey('For')) { $arguments += "--for=$(ConvertTo-Duration $For)" }
        if ($SelfService) { $arguments += '--self-service' }
        $isRefused = $false
        if ($QrFile) {
            $file = Resolve-FilePath $PSCmdlet $QrFile
            if ($file) { $arguments += "--qr-file=$file" } else { $isRefused = $true }
        }
    }
    process {
        if ($isRefused) { return }
        foreach ($one in $Name) {
            $entry = ConvertTo-UserEntry $PSCmdlet $one
            if ($null -eq $entry) { continue }
            $isPreview = [bool] $WhatIfPreference
            if (-not (Confirm-Change $PSCmdlet $entry.Name $action) -and -not $isPreview) { continue }
            $run = Invoke-Rw2fa $PSCmdlet ($arguments + '--' + $entry.Name)
            if ($null -eq $run) { continue }
            foreach ($failure in $run.Failures) {
                Write-Failure $PSCmdlet $failure.kind $failure.message -Hint ([string] $failure.hint) -Target $one
            }
            if ($run.Failures.Count -gt 0) { continue }
            $made = Get-Field $run.Document 'enrolment'
            if ($null -ne $made) {
                [pscustomobject]@{
                    PSTypeName = 'Rw2fa.Enrolment'
                    Name       = $made.name
                    ValidUntil = ConvertTo-LocalTime $made.valid_until
                    QrFile     = $made.qr_file
                    Secret     = $made.secret
                    Uri        = $made.uri
                }
                continue
            }
            ConvertTo-Change @(Get-Field $run.Document 'changes') -IsPreview:$isPreview
        }
    }
}
