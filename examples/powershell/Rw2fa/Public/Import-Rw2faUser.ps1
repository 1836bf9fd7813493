function Import-Rw2faUser {
    <#
    .SYNOPSIS
    Puts the users and groups of a CSV file on the list of those who need a code.
    .DESCRIPTION
    The file is checked as a whole first: with a bad line, no one is added, and each bad line is an error. To add
    the good lines of a file, use Import-Csv and Add-Rw2faUser.

    The columns are name, type, method, phone and notes, in any order; only name is required. Commas, semicolons
    and tabs separate columns. The file is UTF-8, or UTF-16 with a byte order mark.
    .PARAMETER Path
    The file. Wildcard characters have no meaning.
    .PARAMETER Method
    How users without a method in the file get codes: app (from an authenticator app, the default) or sms.
    .PARAMETER MustExist
    A name that this system does not know is an error. It is a warning otherwise.
    .EXAMPLE
    Import-Rw2faUser staff.csv -WhatIf
    .EXAMPLE
    Get-ChildItem lists/*.csv | Import-Rw2faUser -MustExist
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium')]
    [OutputType('Rw2fa.Change')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Alias('PSPath', 'FullName', 'LiteralPath')]
        [string[]] $Path,
        [ValidateSet('app', 'sms')] [string] $Method,
        [switch] $MustExist
    )
    begin {
        Use-CallerPreference $PSCmdlet
        $options = @()
        if ($Method) { $options += "--method=$($Method.ToLowerInvariant())" }
        if ($MustExist) { $options += '--must-exist' }
    }
    process {
        foreach ($one in $Path) {
            $file = Resolve-FilePath $PSCmdlet $one
            if (-not $file) { continue }
            if (-not [System.IO.File]::Exists($file)) {
                Write-Failure $PSCmdlet 'not-found' "there is no file $file" -Target $one
                continue
            }
            $arguments = @('users', 'add') + $options + "--from=$file"
            Invoke-SingleChange $PSCmdlet $arguments $file 'add the users and groups of this list' -Source $one
        }
    }
}
