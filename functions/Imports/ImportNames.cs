using System.Security.Cryptography;
using System.Text;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Functions.Imports;

/// <summary>What names of files and ids of imports say. Pure functions.</summary>
internal static class ImportNames
{
    /// <summary>Behind which a file is for us to import; what else lies there is left alone.</summary>
    private static readonly string[] MemoryEndings = [".json", ".jsonl"];

    private const string OwnEnding = ".ndjson";

    /// <summary>Whether a text can be the id of an import: 26 characters, as an incarnation has.</summary>
    public static bool IsId(string text) => Incarnation.TryParse(text, out _);

    /// <summary>An id that nobody has.</summary>
    public static string NewId() => Incarnation.Read(RandomNumberGenerator.GetBytes(Incarnation.LengthBytes)).ToString();

    /// <summary>The id of what a caller gave a key: the same each time that he sends it.</summary>
    public static string IdOfKey(Incarnation life, string key) => Digest($"key\n{life}\n{key}");

    /// <summary>The id of a file that somebody put there: the same each time that it is looked at, another one when its content may have changed.</summary>
    public static string IdOfFile(Incarnation life, ImportFile file) => Digest($"file\n{life}\n{file.Name}\n{file.Version.Text}");

    /// <summary>The format that a file's ending names: memory, or else ndjson; null: it is none of ours.</summary>
    public static bool? IsMemory(string name) => name.EndsWith(OwnEnding, StringComparison.OrdinalIgnoreCase) ? false
        : MemoryEndings.Any(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) ? true
        : null;

    private static string Digest(string text) => Incarnation.Read(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, Incarnation.LengthBytes)).ToString();
}
