# Asks as -WhatIf and -Confirm want, and returns whether to go on. A question that cannot be asked, because the
# session is not interactive, is an error and a no: ShouldProcess throws, and a function whose caller continues
# after errors would skip the condition and go on.
function Confirm-Change {
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [string] $Target, [string] $Action)
    $isWanted = $false
    try {
        $isWanted = $Cmdlet.ShouldProcess($Target, $Action)
    } catch [System.Management.Automation.PipelineStoppedException] {
        throw
    } catch {
        Write-Unasked $Cmdlet $Target $_
    }
    $isWanted
}

# Asks like Confirm-Change for each entry, and returns those to change: none if a question cannot be asked.
function Select-Confirmed {
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [AllowEmptyCollection()] [object[]] $Entries, [string] $Action)
    $confirmed = [System.Collections.Generic.List[object]]::new()
    $entry = $null
    try {
        foreach ($entry in $Entries) {
            if ($Cmdlet.ShouldProcess($entry.Name, $Action)) { $confirmed.Add($entry) }
        }
    } catch [System.Management.Automation.PipelineStoppedException] {
        throw
    } catch {
        Write-Unasked $Cmdlet $entry.Name $_
        return
    }
    $confirmed
}

# Reports a question that cannot be asked.
function Write-Unasked {
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [string] $Target, [System.Management.Automation.ErrorRecord] $Problem)
    $what = "cannot ask whether to change ${Target}: $($Problem.Exception.GetBaseException().Message)"
    Write-Failure $Cmdlet 'declined' $what -Target $Target -Hint 'use -Confirm:$false to change it without a question'
}
