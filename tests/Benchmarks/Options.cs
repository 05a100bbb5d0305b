namespace Cairn.Benchmarks;

/// <summary>The words behind a command: flags, and names with a value.</summary>
internal sealed class Options(string[] words)
{
    /// <summary>A flag was given.</summary>
    public bool Has(string flag) => words.Contains(flag);

    /// <summary>The word behind a name, or null.</summary>
    public string? Value(string name) => Array.IndexOf(words, name) is var at and >= 0 && at + 1 < words.Length ? words[at + 1] : null;

    /// <summary>The words that are no flag or name.</summary>
    public IEnumerable<string> Rest => words.Where(static word => !word.StartsWith('-'));
}
