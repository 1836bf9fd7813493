# The category of each kind of error: see 'Exit codes' in docs/administration.md. 'program' is a program that
# cannot be started, or whose answer cannot be understood; 'entry' an object from which no name can be taken.
$script:Categories = @{
    'usage'       = 'InvalidArgument'
    'refused'     = 'InvalidOperation'
    'not-found'   = 'ObjectNotFound'
    'conflict'    = 'ResourceExists'
    'declined'    = 'OperationStopped'
    'interrupted' = 'OperationStopped'
    'store'       = 'ResourceUnavailable'
    'busy'        = 'ResourceBusy'
    'system'      = 'NotSpecified'
    'timeout'     = 'OperationTimeout'
    'program'     = 'ObjectNotFound'
    'entry'       = 'InvalidArgument'
}

# Reports one failure as an error of the calling cmdlet: its position is the caller's line, and the caller's
# -ErrorAction decides what happens next.
function Write-Failure {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [string] $Kind,
        [string] $Message,
        [string] $Hint = '',
        [object] $Target = $null
    )
    $category = 'NotSpecified'
    if ($script:Categories.ContainsKey($Kind)) { $category = $script:Categories[$Kind] }
    # The program has no kind for this. In the errors of other kinds, the words could be those of a name.
    $isOfFiles = $Kind -eq 'store' -or $Kind -eq 'system'
    if ($isOfFiles -and $Message -match 'permission denied|cannot be accessed|belongs to') { $category = 'PermissionDenied' }
    # A name that was refused must not control the terminal.
    $escape = { '\u{{{0:x}}}' -f [int] $args[0].Value[0] }
    $Message = [regex]::Replace($Message, '[\p{Cc}\p{Cf}-[\n]]', $escape)
    $Hint = [regex]::Replace($Hint, '[\p{Cc}\p{Cf}-[\n]]', $escape)
    $exception = [System.InvalidOperationException]::new($Message)
    $record = [System.Management.Automation.ErrorRecord]::new($exception, "Rw2fa.$Kind", $category, $Target)
    if ($Hint) {
        $record.ErrorDetails = [System.Management.Automation.ErrorDetails]::new("$Message (hint: $Hint)")
        $exception.Data['hint'] = $Hint
    }
    $Cmdlet.WriteError($record)
}
