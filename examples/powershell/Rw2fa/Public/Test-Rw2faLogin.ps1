function Test-Rw2faLogin {
    <#
    .SYNOPSIS
    Shows how the next login of users would be answered, and why.
    .DESCRIPTION
    Changes nothing, sends nothing and shows no secret. Returns an object for each user and each kind of request:
    sign-in, html5, remoteapp and rdp. Granted says whether it would succeed without a code. OnceEnabled is the reason
    that the answer will have once two-factor authentication is on.

    For one user, Rule is the rule that decides, and Detail what it found. For several users, the program runs once for
    each kind of request, however many they are; Rule is then empty, and Detail says why the user needs a code or not.
    .PARAMETER Name
    The users, as the portal's authenticator returns their names, or objects of Get-Rw2faUser, Import-Csv or a
    directory. Groups are skipped.
    .PARAMETER All
    Everybody whom the store knows, and for each listed group a member who signs in for the first time. Shows the
    sign-in only.
    .PARAMETER Group
    The groups of the users, as the portal knows them.
    .PARAMETER NoGroups
    The users are members of no group.
    .PARAMETER Client
    The id of the portal session, to take its grants into account.
    .PARAMETER Session
    Only this kind of session: html5, remoteapp or rdp.
    .PARAMETER Chain
    Returns the chain of rules instead, with what each of them finds. Runs the program once for each user.
    .EXAMPLE
    Test-Rw2faLogin 'CORP\alice' -NoGroups | Where-Object Ask -eq sign-in
    .EXAMPLE
    Test-Rw2faLogin alice -Chain
    .EXAMPLE
    Get-Rw2faUser -Type user | Test-Rw2faLogin -Session rdp | Where-Object Granted
    .EXAMPLE
    Test-Rw2faLogin -All | Group-Object OnceEnabled

    Counts what users will get once two-factor authentication is on.
    #>
    [CmdletBinding(DefaultParameterSetName = 'Name')]
    [OutputType('Rw2fa.Answer', 'Rw2fa.Rule')]
    param(
        [Parameter(Position = 0, ValueFromPipeline, ParameterSetName = 'Name')] [AllowEmptyCollection()] [object[]] $Name = @(),
        [Parameter(Mandatory, ParameterSetName = 'All')] [switch] $All,
        [Parameter(ParameterSetName = 'Name')] [string[]] $Group = @(),
        [Parameter(ParameterSetName = 'Name')] [switch] $NoGroups,
        [Parameter(ParameterSetName = 'Name')] [string] $Client,
        [Parameter(ParameterSetName = 'Name')] [ValidateSet('html5', 'remoteapp', 'rdp')] [string] $Session,
        [Parameter(ParameterSetName = 'Name')] [switch] $Chain
    )
    begin {
        Use-CallerPreference $PSCmdlet
        # The program refuses a list that has a name twice.
        $entries = [ordered]@{}
    }
    process {
        foreach ($one in $Name) {
            $entry = ConvertTo-Entry $PSCmdlet $one
            if ($null -eq $entry -or $entry.Type -eq 'group') { continue }
            $key = ConvertTo-NameKey $entry.Name
            if (-not $entries.Contains($key)) { $entries.Add($key, $entry) }
        }
    }
    end {
        if ($All) {
            $document = Read-Rw2fa $PSCmdlet @('explain', '--all')
            foreach ($row in (Get-Field $document 'entries')) { ConvertTo-Answer $row 'sign-in' }
            return
        }
        $arguments = @('explain')
        foreach ($one in $Group) { $arguments += "--group=$one" }
        if ($NoGroups) { $arguments += '--no-groups' }
        if ($PSBoundParameters.ContainsKey('Client')) { $arguments += "--client=$Client" }
        if ($entries.Count -eq 1 -or $Chain) {
            if ($Session) { $arguments += "--session=$Session" }
            foreach ($entry in $entries.Values) {
                $document = Read-Rw2fa $PSCmdlet ($arguments + @('--', $entry.Name)) -Target $entry.Source
                if ($null -eq $document) { continue }
                if (-not $Chain) {
                    ConvertTo-SingleAnswer $document
                    continue
                }
                foreach ($link in $document.chain) {
                    [pscustomobject]@{
                        PSTypeName = 'Rw2fa.Rule'
                        Name       = $document.user
                        Rule       = $link.rule
                        Result     = $link.result
                        Decides    = Join-Value $link.decides
                        Detail     = $link.detail
                    }
                }
            }
            return
        }
        if ($entries.Count -eq 0) { return }
        $asks = if ($Session) { @($Session) } else { @('sign-in', 'html5', 'remoteapp', 'rdp') }
        $left = @($entries.Values)
        $answers = @{}
        foreach ($ask in $asks) {
            $options = @()
            if ($ask -ne 'sign-in') { $options = @("--session=$ask") }
            $answers[$ask] = @(Read-AnswerRow $PSCmdlet ($arguments + $options) $left)
            # What fails for the first kind of request would fail for the others, and is reported once.
            if ($answers[$ask].Count -eq 0) { return }
            $left = @($answers[$ask] | ForEach-Object { $_.Entry })
        }
        for ($at = 0; $at -lt $left.Count; $at++) {
            foreach ($ask in $asks) { ConvertTo-Answer $answers[$ask][$at].Row $ask }
        }
    }
}
