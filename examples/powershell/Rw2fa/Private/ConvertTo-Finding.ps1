# Turns a finding of a document into an object. Some commands report only errors, without a severity.
function ConvertTo-Finding {
    param([object] $Finding, [string] $Check = '')
    $severity = Get-Field $Finding 'severity'
    if (-not $severity) { $severity = 'error' }
    if (-not $Check) { $Check = Get-Field $Finding 'check' }
    [pscustomobject]@{
        PSTypeName = 'Rw2fa.Finding'
        Severity   = $severity
        Check      = $Check
        Message    = $Finding.message
        Remedy     = Get-Field $Finding 'remedy'
        Names      = Join-Value (Get-Field $Finding 'names')
        Paths      = Join-Value (Get-Field $Finding 'paths')
    }
}
