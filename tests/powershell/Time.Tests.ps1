# Times are local times in every time zone, so that they can be compared with Get-Date.

BeforeAll {
    . "$PSScriptRoot/Store.ps1"
    Import-TestModule
    $directory = New-Directory
    $store = New-Store
    Invoke-Admin users add alice locked
    Invoke-Admin enable
    $secret = New-EnrolledUser locked -IsListed
    Lock-User locked $secret
    $null = New-EnrolledUser alice -IsListed
}

AfterAll {
    Remove-Store $store
    Remove-Directory $directory
}

Describe 'Times in <_>' -ForEach 'Asia/Tokyo', 'America/New_York', 'UTC' {
    It 'are local, and right when they are compared with Get-Date' {
        $text = @'
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
[System.TimeZoneInfo]::Local.BaseUtcOffset.TotalHours
$locked = Get-Rw2faUser locked
$locked.LockedUntil -gt (Get-Date)
$locked.LockedUntil -lt (Get-Date).AddMinutes(61)
$locked.LockedUntil.Kind
$alice = Get-Rw2faUser alice -Detailed
$alice.LastLogin.Kind
[Math]::Abs(((Get-Date) - $alice.LastLogin).TotalMinutes) -lt 10
$alice.Activated.Kind
$null -eq $alice.LockedUntil
@(Get-Rw2faAudit -Since (Get-Date).AddMinutes(-30)).Count -gt 5
@(Get-Rw2faAudit -Since (Get-Date).AddMinutes(30)).Count
$until = (Get-Date).AddHours(2)
$null = Add-Rw2faWhitelist alice -Until $until -Confirm:$false
$entry = Get-Rw2faWhitelist alice
[Math]::Abs(($entry.Until - $until).TotalSeconds) -lt 2
$entry.Until.Kind
'@
        $offset = @{ 'Asia/Tokyo' = '9'; 'America/New_York' = '-5'; 'UTC' = '0' }[$_]
        $said = Invoke-NewPowerShell $directory $text @{ TZ = $_ }
        @($said | ForEach-Object { "$_" }) | Should -BeExactly @(
            $offset, 'True', 'True', 'Local', 'Local', 'True', 'Local', 'True', 'True', '0', 'True', 'Local')
    }
}

Describe 'A time' {
    It 'survives a round trip of the whitelist through CSV' {
        $until = [datetime]::Now.AddDays(3)
        $null = Add-Rw2faWhitelist trusted -Until $until -Reason 'a thin client' -Confirm:$false
        $file = "$directory/whitelist.csv"
        Get-Rw2faWhitelist trusted | Export-Csv $file -NoTypeInformation
        $null = Remove-Rw2faWhitelist trusted -Confirm:$false
        $seen = Watch-Call { Import-Csv $file | Add-Rw2faWhitelist -Confirm:$false }
        $seen.Errors | Should -BeNullOrEmpty
        $entry = Get-Rw2faWhitelist trusted
        $entry.Reason | Should -BeExactly 'a thin client'
        [Math]::Abs(($entry.Until - $until).TotalMinutes) | Should -BeLessThan 2
    }

    It 'is taken in UTC, too' {
        $until = [datetime]::UtcNow.AddHours(5)
        $null = Add-Rw2faWhitelist utc -Until $until -Confirm:$false
        [Math]::Abs(((Get-Rw2faWhitelist utc).Until.ToUniversalTime() - $until).TotalSeconds) | Should -BeLessThan 2
    }

    It 'in the past is refused as an end' {
        $seen = Watch-Call { Add-Rw2faWhitelist late -Until ([datetime]::Now.AddHours(-1)) -Confirm:$false }
        $seen.Errors.Count | Should -Be 1
        $seen.Output.Count | Should -Be 0
        Get-Rw2faWhitelist late* | Should -BeNullOrEmpty
    }

    It 'can be a duration: <_>' -ForEach '8h', ([timespan]::FromHours(8)) {
        $null = Add-Rw2faWhitelist soon -For $_ -Confirm:$false
        $minutes = ((Get-Rw2faWhitelist soon).Until - [datetime]::Now).TotalMinutes
        $minutes | Should -BeGreaterThan 470
        $minutes | Should -BeLessOrEqual 480
        (New-Rw2faTemporaryCode alice -For $_).ValidUntil | Should -BeGreaterThan ([datetime]::Now.AddHours(7))
    }

    It 'is found by Where-Object: the example of Get-Rw2faUser' {
        Get-Rw2faUser | Where-Object LastLogin -lt (Get-Date).AddDays(-90) | Should -BeNullOrEmpty
        @(Get-Rw2faUser | Where-Object LastLogin -lt (Get-Date).AddDays(1)).Count | Should -Be 2
    }
}
