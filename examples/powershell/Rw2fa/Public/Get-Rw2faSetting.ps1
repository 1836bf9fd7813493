function Get-Rw2faSetting {
    <#
    .SYNOPSIS
    Gets settings: their values, defaults and meanings.
    .DESCRIPTION
    Numbers are numbers, in the unit that Unit shows. The objects can be passed to Set-Rw2faSetting and
    Reset-Rw2faSetting.
    .PARAMETER Name
    The settings, all of them if it is missing. Wildcards are allowed. A name that is not a setting is an error; a
    pattern may match nothing.
    .EXAMPLE
    Get-Rw2faSetting discrepancy
    .EXAMPLE
    Get-Rw2faSetting sms-* | Format-Table Name, Value, Unit, Meaning
    .EXAMPLE
    Get-Rw2faSetting | Where-Object { $_.Value -ne $_.Default }

    Gets the settings that were changed.
    #>
    [CmdletBinding()]
    [OutputType('Rw2fa.Setting')]
    param(
        [Parameter(Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [SupportsWildcards()] [AllowEmptyCollection()] [AllowEmptyString()]
        [string[]] $Name
    )
    begin {
        Use-CallerPreference $PSCmdlet
        $isEverything = -not $PSBoundParameters.ContainsKey('Name') -and -not $MyInvocation.ExpectingInput
        $wanted = [System.Collections.Generic.List[string]]::new()
    }
    process { foreach ($one in $Name) { $wanted.Add($one) } }
    end {
        if ($isEverything) { $wanted.Add('*') }
        if ($wanted.Count -eq 0) { return }
        $document = Read-Rw2fa $PSCmdlet @('advanced', 'list')
        if ($null -eq $document) { return }
        $settings = @(Get-Field $document 'settings')
        $found = foreach ($one in $wanted) {
            $matching = @($settings | Where-Object { $_.key -like $one })
            if ($matching.Count -eq 0 -and -not [WildcardPattern]::ContainsWildcardCharacters($one)) {
                Write-Failure $PSCmdlet 'not-found' "there is no setting '$one'" -Target $one -Hint (
                    'Get-Rw2faSetting without a name shows all of them')
            }
            $matching
        }
        foreach ($setting in ($found | Select-Object -Unique -Property *)) {
            [pscustomobject]@{
                PSTypeName = 'Rw2fa.Setting'
                Name       = $setting.key
                Value      = $setting.value
                Default    = $setting.default
                Unit       = $setting.unit
                Valid      = $setting.valid
                Meaning    = $setting.meaning
            }
        }
    }
}
