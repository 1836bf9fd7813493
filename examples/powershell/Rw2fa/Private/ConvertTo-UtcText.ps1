# Formats a time for the program, in UTC. A time without a zone is a local time.
function ConvertTo-UtcText {
    param([datetime] $Time)
    $Time.ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ', [cultureinfo]::InvariantCulture)
}

# Formats the end of an entry for the program. Export-Csv writes times as they are written here, such as
# 31.12.2026 18:00:00; a date without a time of day is left to the program, which refuses what it does not know.
function ConvertTo-EndText {
    param([AllowEmptyString()] [string] $Text)
    if ($Text -match '^\s*\d{4}-' -or $Text -notmatch ':') { return $Text }
    $time = [datetime]::MinValue
    $style = [System.Globalization.DateTimeStyles]::AssumeLocal
    if ([datetime]::TryParse($Text, [cultureinfo]::CurrentCulture, $style, [ref] $time)) { return ConvertTo-UtcText $time }
    $Text
}
