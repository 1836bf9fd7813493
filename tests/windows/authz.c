/* Stands in for authz.dll, with which Windows asks a domain for the groups of an account; Wine's finds
 * none. The last number of the account's identifier selects the answer: 1105 is in two groups of this
 * machine, in the group of everyone and in that of a service; 1106 is also in a group of an unknown
 * domain; for all others no domain answers. */
#include <windows.h>

static BYTE sids[5][32];
static DWORD known;

static void add(BYTE authority, int count, const DWORD *numbers) {
    SID_IDENTIFIER_AUTHORITY who = {{0, 0, 0, 0, 0, authority}};
    PSID sid = sids[known++];
    int at;
    InitializeSid(sid, &who, (BYTE)count);
    for (at = 0; at < count; at++) *GetSidSubAuthority(sid, at) = numbers[at];
}

__declspec(dllexport) BOOL WINAPI AuthzInitializeResourceManager(
    DWORD flags, void *a, void *b, void *c, const WCHAR *name, HANDLE *manager) {
    *manager = (HANDLE)1;
    return TRUE;
}

__declspec(dllexport) BOOL WINAPI AuthzInitializeContextFromSid(
    DWORD flags, PSID account, HANDLE manager, LARGE_INTEGER *expires, LUID id, void *more, HANDLE *client) {
    DWORD last = *GetSidSubAuthority(account, *GetSidSubAuthorityCount(account) - 1);
    if (last != 1105 && last != 1106) {
        SetLastError(ERROR_NO_SUCH_DOMAIN);
        return FALSE;
    }
    *client = (HANDLE)(ULONG_PTR)last;
    return TRUE;
}

__declspec(dllexport) BOOL WINAPI AuthzGetInformationFromContext(
    HANDLE client, DWORD what, DWORD size, DWORD *needed, void *buffer) {
    TOKEN_GROUPS *groups = buffer;
    DWORD at, length;
    BYTE *end;
    known = 0;
    add(5, 2, (DWORD[]){32, 544});
    add(5, 2, (DWORD[]){32, 545});
    add(1, 1, (DWORD[]){0});
    add(5, 6, (DWORD[]){80, 1, 2, 3, 4, 5});
    if ((ULONG_PTR)client == 1106) add(5, 5, (DWORD[]){21, 1, 2, 3, 513});
    length = (DWORD)(FIELD_OFFSET(TOKEN_GROUPS, Groups) + known * sizeof(SID_AND_ATTRIBUTES));
    *needed = length;
    for (at = 0; at < known; at++) *needed += GetLengthSid(sids[at]);
    if (size < *needed) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return FALSE;
    }
    end = (BYTE *)buffer + length;
    groups->GroupCount = known;
    for (at = 0; at < known; at++) {
        length = GetLengthSid(sids[at]);
        CopySid(length, end, sids[at]);
        groups->Groups[at].Sid = end;
        groups->Groups[at].Attributes = SE_GROUP_ENABLED;
        end += length;
    }
    return TRUE;
}

__declspec(dllexport) BOOL WINAPI AuthzFreeContext(HANDLE client) {
    return TRUE;
}

__declspec(dllexport) BOOL WINAPI AuthzFreeResourceManager(HANDLE manager) {
    return TRUE;
}
