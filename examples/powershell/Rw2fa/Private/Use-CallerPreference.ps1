# Makes the preferences of the caller those of a function of this module. A module does not see the variables
# of the script that calls it, so $ErrorActionPreference = 'Stop' there would have no effect. A parameter such
# as -ErrorAction is stronger. Called first in each public function.
function Use-CallerPreference {
    param([System.Management.Automation.PSCmdlet] $Cmdlet)
    $preferences = @{
        ErrorActionPreference = 'ErrorAction'
        WarningPreference     = 'WarningAction'
        VerbosePreference     = 'Verbose'
        DebugPreference       = 'Debug'
        InformationPreference = 'InformationAction'
        ProgressPreference    = 'ProgressAction'
        ConfirmPreference     = 'Confirm'
        WhatIfPreference      = 'WhatIf'
    }
    foreach ($variable in $preferences.Keys) {
        if ($Cmdlet.MyInvocation.BoundParameters.ContainsKey($preferences[$variable])) { continue }
        $value = $Cmdlet.GetVariableValue($variable)
        if ($null -ne $value) { Set-Variable -Name $variable -Value $value -Scope 1 -WhatIf:$false -Confirm:$false }
    }
}
