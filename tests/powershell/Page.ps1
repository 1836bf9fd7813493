# Reads and runs docs/powershell.md.
#
#   <!-- not run: REASON -->   the next block needs Windows or Active Directory
#   <!-- prepare               up to a line '-->': statements that the page does not show, run at this point
#
# In a block of text, an ellipsis is any text, and each date any date.

$script:Page = [System.IO.Path]::GetFullPath("$PSScriptRoot/../../docs/powershell.md")

# Returns the blocks of the page: Text, Kind ('shown', 'hidden' or 'not run'), Line, and Expected, the lines that
# the page shows below it, or $null.
function Read-Block {
    $lines = [System.IO.File]::ReadAllLines($script:Page)
    $blocks = [System.Collections.Generic.List[object]]::new()
    $marker = ''
    for ($at = 0; $at -lt $lines.Count; $at++) {
        $line = $lines[$at]
        $end = ''
        if ($line -eq '<!-- prepare') { $end = '-->' } elseif ($line.StartsWith('```')) { $end = '```' }
        if ($end) {
            $first = $at + 1
            $inner = @(while ($lines[++$at] -ne $end) { $lines[$at] })
            if ($line -in '<!-- prepare', '```powershell') {
                $kind = if ($end -eq '-->') { 'hidden' } elseif ($marker -match '^<!-- not run: .+ -->$') { 'not run' } else { 'shown' }
                $blocks.Add([pscustomobject]@{ Text = $inner -join "`n"; Kind = $kind; Line = $first; Expected = $null; Last = $at + 1 })
            } elseif ($line -eq '```text') {
                # Text belongs to the block right above it.
                $last = $blocks[$blocks.Count - 1]
                if ($last.Last -ne $first - 1 -or $last.Kind -ne 'shown') { throw "line ${first}: this text belongs to no block" }
                $last.Expected = $inner
            }
        }
        $marker = $line
    }
    $blocks
}

# Runs the blocks as if they were typed at a prompt, and prints what they print. A line with NUL and the number of a
# block comes before what it prints. To be called by a script that dot-sources this file.
function Get-PageScript {
    @'
. "{0}/Store.ps1"
. "{0}/Page.ps1"
$PSStyle.OutputRendering = 'PlainText'
$pageNumber = 0
foreach ($pageBlock in (Read-Block)) {{
    [Console]::Out.WriteLine("`0$pageNumber")
    $pageNumber += 1
    if ($pageBlock.Kind -eq 'not run') {{ continue }}
    $pageTree = [System.Management.Automation.Language.Parser]::ParseInput($pageBlock.Text, [ref] $null, [ref] $null)
    foreach ($pageStatement in $pageTree.EndBlock.Statements) {{
        try {{
            . ([scriptblock]::Create($pageStatement.Extent.Text)) | Out-String -Width 98 | Write-Host -NoNewline
        }} catch {{
            [Console]::Error.WriteLine("line $($pageBlock.Line): $pageStatement`n    $_")
        }}
    }}
}}
'@ -f $PSScriptRoot
}

# Returns whether a printed line is what the page shows.
function Test-Line {
    param([AllowEmptyString()] [string] $Shown, [AllowEmptyString()] [string] $Printed)
    $pattern = [regex]::Escape($Shown.TrimEnd())
    $pattern = $pattern.Replace([string] [char] 0x2026, '.*') -replace '\d{4}-\d\d-\d\d', '\d{4}-\d\d-\d\d' -replace '\d\d:\d\d', '\d\d:\d\d'
    $Printed.TrimEnd() -cmatch "\A$pattern\z"
}
