namespace Cairn.Functions.Keys;

/// <summary>What a caller may do; each includes those before it.</summary>
internal enum AccessScope
{
    Read,
    Write,
    Admin,
}

/// <summary>Scopes as requests, answers and records name them.</summary>
internal static class ScopeWords
{
    public static readonly string[] All = ["read", "write", "admin"];

    public static string Of(AccessScope scope) => All[(int)scope];

    public static bool TryParse(string? word, out AccessScope scope)
    {
        var index = Array.IndexOf(All, word);
        scope = (AccessScope)Math.Max(index, 0);
        return index >= 0;
    }
}
