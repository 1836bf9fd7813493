# Functions around the program rw2fa, which must be on the path or at $env:RW2FA_PROGRAM. They use
# the system's store, or the one at $env:RW2FA_STORE.
Set-StrictMode -Version Latest

# Runs rw2fa and returns the document that it prints. Its messages become errors and warnings.
function Invoke-Rw2fa {
    param([Parameter(Mandatory)] [string[]] $Arguments)
    $program = if ($env:RW2FA_PROGRAM) { $env:RW2FA_PROGRAM } else { 'rw2fa' }
    $all = @('--format', 'json') + $Arguments
    # In Windows PowerShell, a line on standard error would otherwise end the script.
    $ErrorActionPreference = 'Continue'
    $lines = & $program @all 2>&1
    $code = $LASTEXITCODE
    $printed = @($lines | Where-Object { $_ -isnot [System.Management.Automation.ErrorRecord] })
    $said = @($lines | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] })
    $reported = $false
    foreach ($record in $said) {
        $text = $record.ToString()
        if ($text.StartsWith('{"schema":1,"error":')) {
            $failure = (ConvertFrom-Json $text).error
            $message = if ($failure.hint) { "$($failure.message) ($($failure.hint))" } else { $failure.message }
            Write-Error -Message $message -ErrorId "Rw2fa.$($failure.kind)"
            $reported = $true
        } elseif ($text.StartsWith('warning: ')) {
            Write-Warning $text.Substring(9)
        } else {
            Write-Verbose $text
        }
    }
    $document = if ($printed.Count -gt 0) { ConvertFrom-Json ($printed -join "`n") } else { $null }
    if ($code -ne 0 -and -not $reported -and $null -eq $document) {
        Write-Error -Message "rw2fa ended with exit code $code" -ErrorId 'Rw2fa.Failed'
    }
    $document
}

# Runs a command that changes something, and returns the result for each entry. With -WhatIf, the
# program itself reports what it would do, and changes nothing.
function Invoke-Rw2faChange {
    param(
        [Parameter(Mandatory)] [string[]] $Arguments,
        [string[]] $Names = @(),
        [switch] $WhatIfRequested
    )
    $all = $Arguments
    if ($WhatIfRequested) { $all += '--dry-run' }
    if ($Names.Count -gt 0) { $all += @('--') + $Names }
    $document = Invoke-Rw2fa -Arguments $all
    if ($null -eq $document) { return }
    foreach ($change in $document.changes) {
        [pscustomobject]@{
            PSTypeName = 'Rw2fa.Change'
            Name       = $change.name
            Type       = $change.type
            Result     = $change.result
            CoveredBy  = $change.covered_by
            Error      = $change.error
            WhatIf     = $document.dry_run
        }
    }
}

function Get-Rw2faUser {
    <#
    .SYNOPSIS
    Gets listed users and groups.
    .DESCRIPTION
    Without a name, gets all of them. Members of a listed group appear once they have signed in.
    .PARAMETER Name
    Only users and groups with these names; wildcards are allowed.
    .PARAMETER State
    Only users in this state.
    .PARAMETER Type
    Only users, or only groups.
    .EXAMPLE
    Get-Rw2faUser -State pending | Select-Object Name
    Gets users who have seen the QR code but typed no code yet.
    .EXAMPLE
    Get-Rw2faUser 'CORP\*' | Export-Csv -NoTypeInformation corp.csv
    #>
    [CmdletBinding()]
    [OutputType('Rw2fa.User')]
    param(
        [Parameter(Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [SupportsWildcards()] [string[]] $Name = '*',
        [ValidateSet('none', 'pending', 'active', 'locked')] [string] $State,
        [ValidateSet('user', 'group')] [string] $Type
    )
    begin {
        $arguments = @('users', 'list')
        if ($State) { $arguments += @('--state', $State) }
        if ($Type) { $arguments += @('--type', $Type) }
        $document = Invoke-Rw2fa -Arguments $arguments
        $entries = if ($null -ne $document) { @($document.entries) } else { @() }
    }
    process {
        foreach ($entry in $entries) {
            if (-not ($Name | Where-Object { $entry.name -like $_ })) { continue }
            [pscustomobject]@{
                PSTypeName  = 'Rw2fa.User'
                Name        = $entry.name
                Type        = $entry.type
                Method      = $entry.method
                Phone       = $entry.phone
                State       = $entry.state
                Listed      = $entry.listed
                LockedUntil = $entry.locked_until
                LastLogin   = $entry.last_login
            }
        }
    }
}

function Get-Rw2faStatus {
    <#
    .SYNOPSIS
    Shows whether the users are protected.
    .EXAMPLE
    (Get-Rw2faStatus).users.pending
    Gets the number of users who have not typed their first code yet.
    #>
    [CmdletBinding()]
    param()
    Invoke-Rw2fa -Arguments @('status')
}

function Add-Rw2faUser {
    <#
    .SYNOPSIS
    Adds users and groups to the list.
    .PARAMETER Name
    Users: alice, CORP\alice or alice@corp.example.
    .PARAMETER Group
    Groups; all of their members then need a code.
    .PARAMETER Method
    How codes reach them: app or sms.
    .PARAMETER Phone
    The phone number for SMS, for one user at a time.
    .PARAMETER MustExist
    Refuses names that the system does not know.
    .EXAMPLE
    Add-Rw2faUser alice, 'CORP\bob'
    .EXAMPLE
    Get-ADGroupMember 'Remote Staff' | ForEach-Object { "CORP\$($_.SamAccountName)" } | Add-Rw2faUser -WhatIf
    Shows who would be added, and adds no one.
    #>
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType('Rw2fa.Change')]
    param(
        [Parameter(Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)] [string[]] $Name = @(),
        [string[]] $Group = @(),
        [ValidateSet('app', 'sms')] [string] $Method = 'app',
        [string] $Phone,
        [switch] $MustExist
    )
    begin { $names = @() }
    process { $names += $Name }
    end {
        $who = ($names + $Group) -join ', '
        if (-not $who) { return }
        if (-not $WhatIfPreference -and -not $PSCmdlet.ShouldProcess($who, 'add to the list')) { return }
        $arguments = @('users', 'add', '--method', $Method)
        foreach ($one in $Group) { $arguments += @('--group', $one) }
        if ($Phone) { $arguments += @('--phone', $Phone) }
        if ($MustExist) { $arguments += '--must-exist' }
        Invoke-Rw2faChange -Arguments $arguments -Names $names -WhatIfRequested:$WhatIfPreference
    }
}

function Import-Rw2faUser {
    <#
    .SYNOPSIS
    Adds the users of a CSV file to the list.
    .DESCRIPTION
    The file has the header name,type,method,phone. It is checked as a whole first: if a line is invalid,
    no one is added, and an error names each invalid line by its number.
    .PARAMETER Path
    The file.
    .PARAMETER MustExist
    Refuses names that the system does not know.
    .EXAMPLE
    Import-Rw2faUser staff.csv -WhatIf
    #>
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType('Rw2fa.Change')]
    param(
        [Parameter(Mandatory, Position = 0)] [string] $Path,
        [switch] $MustExist
    )
    $file = (Resolve-Path -LiteralPath $Path).ProviderPath
    if (-not $WhatIfPreference -and -not $PSCmdlet.ShouldProcess($file, 'add everyone in it to the list')) { return }
    $arguments = @('users', 'add', '--from', $file)
    if ($MustExist) { $arguments += '--must-exist' }
    Invoke-Rw2faChange -Arguments $arguments -WhatIfRequested:$WhatIfPreference
}

function Remove-Rw2faUser {
    <#
    .SYNOPSIS
    Off-boards users: removes them from the list and the whitelist, and destroys their secrets.
    .DESCRIPTION
    Close the accounts in the directory first: a user who is not listed needs no code. CoveredBy names the groups
    whose members still need one.
    .PARAMETER Name
    The users.
    .EXAMPLE
    Remove-Rw2faUser alice
    .EXAMPLE
    Import-Csv leavers.csv | Remove-Rw2faUser -Confirm:$false
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
    [OutputType('Rw2fa.Change')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)] [string[]] $Name
    )
    begin { $names = @() }
    process { $names += $Name }
    end {
        $who = $names -join ', '
        $what = 'destroy the secrets and remove from the list: a password alone lets them in'
        if (-not $WhatIfPreference -and -not $PSCmdlet.ShouldProcess($who, $what)) { return }
        Invoke-Rw2faChange -Arguments @('users', 'remove', '--yes', '--ignore-missing') -Names $names -WhatIfRequested:$WhatIfPreference
        Invoke-Rw2faChange -Arguments @('whitelist', 'remove', '--ignore-missing') -Names $names -WhatIfRequested:$WhatIfPreference
    }
}

function Reset-Rw2faUser {
    <#
    .SYNOPSIS
    Forgets the secrets of users who lost their phones.
    .DESCRIPTION
    The next login shows a new QR code to anyone who knows the password: make sure first that the request
    really comes from the user.
    .PARAMETER Name
    The users.
    .EXAMPLE
    Reset-Rw2faUser alice
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
    [OutputType('Rw2fa.Change')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)] [string[]] $Name
    )
    begin { $names = @() }
    process { $names += $Name }
    end {
        $what = 'forget the secret: the next login with the password alone shows a new QR code'
        if (-not $WhatIfPreference -and -not $PSCmdlet.ShouldProcess(($names -join ', '), $what)) { return }
        Invoke-Rw2faChange -Arguments @('users', 'reset', '--yes') -Names $names -WhatIfRequested:$WhatIfPreference
    }
}

function Unlock-Rw2faUser {
    <#
    .SYNOPSIS
    Ends lockouts.
    .PARAMETER Name
    The users.
    .EXAMPLE
    Get-Rw2faUser -State locked | Unlock-Rw2faUser
    #>
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType('Rw2fa.Change')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)] [string[]] $Name
    )
    begin { $names = @() }
    process { $names += $Name }
    end {
        if (-not $WhatIfPreference -and -not $PSCmdlet.ShouldProcess(($names -join ', '), 'end the lockout')) { return }
        Invoke-Rw2faChange -Arguments @('users', 'unlock') -Names $names -WhatIfRequested:$WhatIfPreference
    }
}

function Test-Rw2faLogin {
    <#
    .SYNOPSIS
    Shows how the next login of a user would be answered, and why.
    .DESCRIPTION
    Changes nothing, sends nothing and shows no secret. Returns one object for each kind of request; Granted
    says whether it would succeed without a further code.
    .PARAMETER Name
    The user, as the portal's authenticator returns the name.
    .PARAMETER Group
    The groups of the user, as the portal knows them.
    .PARAMETER NoGroups
    The user is a member of no group.
    .EXAMPLE
    Test-Rw2faLogin 'CORP\alice' -NoGroups | Where-Object Ask -eq 'sign-in'
    .EXAMPLE
    if (-not (Test-Rw2faLogin alice -NoGroups | Where-Object Outcome -eq 'challenge')) { 'not protected' }
    #>
    [CmdletBinding()]
    [OutputType('Rw2fa.Answer')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)] [string] $Name,
        [string[]] $Group = @(),
        [switch] $NoGroups
    )
    process {
        $arguments = @('explain')
        foreach ($one in $Group) { $arguments += @('--group', $one) }
        if ($NoGroups) { $arguments += '--no-groups' }
        $document = Invoke-Rw2fa -Arguments ($arguments + @('--', $Name))
        if ($null -eq $document) { return }
        foreach ($answer in $document.answers) {
            [pscustomobject]@{
                PSTypeName = 'Rw2fa.Answer'
                Name       = $document.user
                Ask        = $answer.ask
                Outcome    = $answer.outcome
                Reason     = $answer.reason
                Rule       = $answer.rule
                Granted    = $answer.outcome -eq 'grant'
            }
        }
    }
}

Export-ModuleMember -Function *-Rw2faUser, Get-Rw2faStatus, Test-Rw2faLogin
