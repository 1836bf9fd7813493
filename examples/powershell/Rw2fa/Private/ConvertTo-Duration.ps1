# Formats a duration for the program: a [timespan] in seconds, a text such as 8h or 3d as it is.
function ConvertTo-Duration {
    param([object] $Value)
    if ($Value -is [timespan]) {
        return [Math]::Ceiling($Value.TotalSeconds).ToString('0', [cultureinfo]::InvariantCulture) + 's'
    }
    [string] $Value
}
