# Returns whether a text is one whole JSON object, and nothing else. ConvertFrom-Json is more lenient than JSON,
# and differs between versions: it may accept a text that was cut, comments, or a comma too many.
function Test-WholeDocument {
    param([AllowEmptyString()] [string] $Text)
    $space = '[ \t\r\n]*'
    # Strings are emptied first, so that a bracket is a bracket. Then lists and objects are emptied, the innermost
    # first, until nothing is left but an empty object.
    $rest = [regex]::Replace($Text, '"(?>[^"\\\x00-\x1f]+|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"', '""')
    $number = '-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?'
    $value = "$space(?:`"`"|$number|true|false|null|\[\]|\{\})$space"
    $pair = "$space`"`"${space}:$value"
    for ($depth = 0; $depth -lt 32; $depth++) {
        $rest = [regex]::Replace($rest, "\[(?:$value(?:,$value)*|$space)\]", '[]')
        $rest = [regex]::Replace($rest, "\{(?:$pair(?:,$pair)*|$space)\}", '{}')
    }
    [regex]::IsMatch($rest, "\A$space\{\}$space\z")
}
