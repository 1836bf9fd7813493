# PowerShell 7.5 and later must be told not to turn texts into dates: a note may look like one.
$script:JsonOptions = @{}
if ((Get-Command ConvertFrom-Json).Parameters.ContainsKey('DateKind')) { $script:JsonOptions.DateKind = 'String' }

# Parses a JSON document. Throws if it is none.
function ConvertFrom-Document {
    param([string] $Text)
    $options = $script:JsonOptions
    ConvertFrom-Json -InputObject $Text @options
}

# Converts a time of a document to local time, so that it can be compared with Get-Date in every time zone.
function ConvertTo-LocalTime {
    param([object] $Value)
    if ($null -eq $Value -or ($Value -is [string] -and -not $Value)) { return $null }
    if ($Value -is [datetime]) { return $Value.ToLocalTime() }
    $style = [System.Globalization.DateTimeStyles]::AdjustToUniversal
    [datetime]::Parse($Value, [cultureinfo]::InvariantCulture, $style).ToLocalTime()
}

# Returns a field of a document, or $null if the document does not have it: JSON may have optional fields.
function Get-Field {
    param([object] $Document, [string] $Name)
    if ($null -eq $Document) { return $null }
    $property = $Document.PSObject.Properties[$Name]
    if ($null -ne $property) { $property.Value }
}

# Joins a list for one column of a table, so that Export-Csv does not write 'System.Object[]'.
function Join-Value {
    param([object] $Values)
    @($Values | Where-Object { $null -ne $_ }) -join ', '
}
