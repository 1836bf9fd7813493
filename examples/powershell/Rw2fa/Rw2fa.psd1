@{
    RootModule           = 'Rw2fa.psm1'
    ModuleVersion        = '0.1.0'
    GUID                 = '6f1d6c0e-2a53-4c0d-9d0e-5f6a6f6f2f11'
    Author               = 'The rw2fa authors'
    CompanyName          = 'The rw2fa authors'
    Copyright            = '(c) The rw2fa authors. Licensed under MIT or Apache-2.0.'
    Description          = 'Two-factor authentication for the remote-work portal: functions that take and return objects'
    PowerShellVersion    = '5.1'
    CompatiblePSEditions = @('Desktop', 'Core')
    FormatsToProcess     = @('Rw2fa.Format.ps1xml')
    FunctionsToExport    = @(
        'Add-Rw2faUser',
        'Add-Rw2faWhitelist',
        'Confirm-Rw2faLogin',
        'Disable-Rw2fa',
        'Enable-Rw2fa',
        'Export-Rw2faKey',
        'Export-Rw2faStore',
        'Get-Rw2faAudit',
        'Get-Rw2faLicense',
        'Get-Rw2faSetting',
        'Get-Rw2faSms',
        'Get-Rw2faStatus',
        'Get-Rw2faUser',
        'Get-Rw2faWhitelist',
        'Import-Rw2faStore',
        'Import-Rw2faUser',
        'Initialize-Rw2fa',
        'Move-Rw2faAudit',
        'New-Rw2faEnrolment',
        'New-Rw2faRecoveryCode',
        'New-Rw2faTemporaryCode',
        'Remove-Rw2faSms',
        'Remove-Rw2faTemporaryCode',
        'Remove-Rw2faUser',
        'Remove-Rw2faWhitelist',
        'Reset-Rw2faKey',
        'Reset-Rw2faSetting',
        'Reset-Rw2faUser',
        'Revoke-Rw2faGrant',
        'Send-Rw2faTestMessage',
        'Set-Rw2faLicense',
        'Set-Rw2faSetting',
        'Set-Rw2faSms',
        'Set-Rw2faUser',
        'Test-Rw2faAudit',
        'Test-Rw2faCode',
        'Test-Rw2faHealth',
        'Test-Rw2faLogin',
        'Test-Rw2faSms',
        'Test-Rw2faStore',
        'Unlock-Rw2faUser',
        'Update-Rw2faKey'
    )
    CmdletsToExport      = @()
    VariablesToExport    = @()
    AliasesToExport      = @()
    PrivateData          = @{
        PSData = @{
            Tags = @('2FA', 'MFA', 'TOTP', 'OTP', 'authentication', 'RDP', 'SMS', 'Windows', 'Linux', 'MacOS')
        }
    }
}
