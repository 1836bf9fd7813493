# Formats entries as a list for --from, and remembers on which line each one is.
function ConvertTo-List {
    param([object[]] $Entries, [string[]] $Columns)
    $rows = [System.Collections.Generic.List[string]]::new($Entries.Count + 1)
    $rows.Add(($Columns -join ',').ToLowerInvariant())
    $lines = @{}
    $number = 2
    $plain = $script:PlainCell
    $cells = [string[]]::new($Columns.Count)
    foreach ($entry in $Entries) {
        $lines[$number] = $entry
        $isPlain = $true
        for ($at = 0; $at -lt $cells.Length; $at++) {
            $cell = $entry[$Columns[$at]]
            if ($cell -and -not $plain.IsMatch($cell)) {
                $cell = ConvertTo-Cell $cell
                $isPlain = $false
            }
            $cells[$at] = $cell
        }
        $row = [string]::Join(',', $cells)
        $rows.Add($row)
        $number++
        if (-not $isPlain) { $number += $row.Split("`n").Count - 1 }
    }
    [pscustomobject]@{ Text = [string]::Join("`n", $rows) + "`n"; Lines = $lines }
}

# Runs a command that changes entries, in one process however many there are, and returns an object for each
# entry that was changed or needed no change. Each failure is an error, whose target is the value that the
# caller passed.
#
# Asks for each entry as -Confirm wants. With -WhatIf nothing is changed: the program itself tells what it
# would do. The program refuses a list with a bad line as a whole. Its errors are reported; unless one of them
# ends the function, the other entries are then changed, as with any cmdlet.
function Invoke-Change {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        # The command and its options, such as 'users', 'remove'.
        [string[]] $Arguments,
        [AllowEmptyCollection()] [object[]] $Entries,
        # What is done, for -WhatIf and -Confirm.
        [string] $Action,
        [string[]] $Columns = @('Name', 'Type')
    )
    $chosen = @(Select-Confirmed $Cmdlet $Entries $Action)
    $isPreview = [bool] $WhatIfPreference
    if ($isPreview) { $chosen = $Entries }
    $all = @('--yes') + $Arguments + @('--from', '-')
    if ($isPreview) { $all += '--dry-run' }
    while ($chosen.Count -gt 0) {
        $list = ConvertTo-List $chosen $Columns
        $isLong = $chosen.Count -ge 1000
        if ($isLong) { Write-Progress -Activity "rw2fa $($Arguments -join ' ')" -Status "$($chosen.Count) names" }
        $run = Invoke-Rw2fa $Cmdlet $all -InputText $list.Text
        if ($isLong) { Write-Progress -Activity "rw2fa $($Arguments -join ' ')" -Completed }
        if ($null -eq $run) { return }
        $bad = @($run.Failures | Where-Object { $null -ne (Get-Field $_ 'line') })
        foreach ($failure in $bad) {
            $entry = $list.Lines[[int] $failure.line]
            # The caller wrote no list, and knows of no lines.
            $message = $failure.message -replace '^standard input, line \d+: ' -replace 'already in line \d+', 'passed twice'
            $hint = $failure.hint -replace ', or remove the line\z' -replace '^remove one of the lines\z', 'pass it once'
            $target = if ($null -ne $entry) { $entry.Source } else { $null }
            Write-Failure $Cmdlet $failure.kind $message -Hint $hint -Target $target
        }
        if ($bad.Count -gt 0) {
            $numbers = @{}
            foreach ($failure in $bad) { $numbers[[int] $failure.line] = $true }
            $good = $list.Lines.Keys | Sort-Object | Where-Object { -not $numbers.ContainsKey($_) }
            $left = @($good | ForEach-Object { $list.Lines[$_] })
            # A header that is refused would be refused again.
            if ($left.Count -eq $chosen.Count) { return }
            $chosen = $left
            continue
        }
        foreach ($failure in $run.Failures) {
            Write-Failure $Cmdlet $failure.kind $failure.message -Hint ([string] $failure.hint) -Target $chosen[0].Source
        }
        $changes = @(Get-Field $run.Document 'changes')
        # What was done is returned even if the first error ends the function.
        ConvertTo-Change $changes -IsPreview:$isPreview
        $sources = $null
        foreach ($change in $changes) {
            if ($null -eq $change -or $change.result -ne 'failed') { continue }
            if ($null -eq $sources) {
                $sources = @{}
                foreach ($entry in $chosen) { $sources["$($entry.Type):$($entry.Name)"] = $entry.Source }
            }
            $target = $sources["$($change.type):$($change.name)"]
            if ($null -eq $target) { $target = $change.name }
            Write-Failure $Cmdlet ([string] (Get-Field $change 'kind')) $change.error -Target $target -Hint (
                [string] (Get-Field $change 'hint'))
        }
        return
    }
}

# Turns the changes of a document into objects, except those that failed. What a preview says cannot be mistaken
# for a deed.
function ConvertTo-Change {
    param([AllowEmptyCollection()] [object[]] $Changes, [switch] $IsPreview)
    $would = if ($IsPreview) { 'would be ' } else { '' }
    # A copy takes much less time than a new object with a type name.
    $empty = [pscustomobject]@{ PSTypeName = 'Rw2fa.Change'; Name = ''; Type = ''; Result = ''; CoveredBy = '' }
    foreach ($change in $Changes) {
        if ($null -eq $change -or $change.result -eq 'failed') { continue }
        $object = $empty.PSObject.Copy()
        $object.Name = $change.name
        $object.Type = $change.type
        $object.Result = $would + $change.result
        $coveredBy = $change.covered_by
        # Most lists are empty.
        if ($coveredBy) { $object.CoveredBy = $coveredBy -join ', ' }
        $object
    }
}

# Runs a command that changes one thing and is not given a list, and returns its changes. Each
# failure is an error. The command must have --dry-run if the function supports -WhatIf.
function Invoke-SingleChange {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [string[]] $Arguments,
        [string] $Target,
        [string] $Action,
        [string] $InputText = '',
        # What the caller passed, for errors.
        [object] $Source = $Target
    )
    $isPreview = [bool] $WhatIfPreference
    if (-not (Confirm-Change $Cmdlet $Target $Action) -and -not $isPreview) { return }
    $all = @('--yes') + $Arguments
    if ($isPreview) {
        # An option of the command: it comes after the command's name, and before the names.
        $end = [array]::IndexOf($Arguments, '--')
        if ($end -lt 0) { $end = $Arguments.Count }
        $all = @('--yes') + @($Arguments | Select-Object -First $end) + @('--dry-run') + @($Arguments | Select-Object -Skip $end)
    }
    $document = Read-Rw2fa $Cmdlet $all -InputText $InputText -Target $Source
    foreach ($change in (Get-Field $document 'changes')) {
        if ($change.result -eq 'failed') {
            Write-Failure $Cmdlet ([string] (Get-Field $change 'kind')) $change.error -Target $Source -Hint (
                [string] (Get-Field $change 'hint'))
        } else {
            ConvertTo-Change $change -IsPreview:$isPreview
        }
    }
}
