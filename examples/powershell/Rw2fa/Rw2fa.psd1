@{
    RootModule        = 'Rw2fa.psm1'
    ModuleVersion     = '0.1.0'
    GUID              = '6f1d6c0e-2a53-4c0d-9d0e-5f6a6f6f2f11'
    Author            = 'The rw2fa authors'
    Description       = 'Two-factor authentication for the remote-work portal: functions that take and return objects'
    PowerShellVersion = '5.1'
    FunctionsToExport = @(
        'Add-Rw2faUser'
        'Get-Rw2faStatus'
        'Get-Rw2faUser'
        'Import-Rw2faUser'
        'Remove-Rw2faUser'
        'Reset-Rw2faUser'
        'Test-Rw2faLogin'
        'Unlock-Rw2faUser'
    )
    CmdletsToExport   = @()
    VariablesToExport = @()
    AliasesToExport   = @()
}
