using System.Globalization;
using Cairn.Primitives;

namespace Cairn.Snapshots.Checkpoints;

/// <summary>
/// What one checkpoint consists of. Manifests are numbered without gaps; each is created if its number is free, which makes one of several writers the
/// next and fences the others. The one with the highest number counts.
/// </summary>
internal sealed record Manifest
{
    /// <summary>Folder of the manifests.</summary>
    public const string Folder = "manifests/";

    /// <summary>Bytes of one at most: some hundred thousand names.</summary>
    public const int MaxBytes = 64 * 1024 * 1024;

    private const string Extension = ".json";
    private const int NumberDigits = 10;

    /// <summary>From 1 on.</summary>
    public required long Number { get; init; }

    /// <summary>Counts who has written checkpoints: each new writer begins a new epoch.</summary>
    public required long Epoch { get; init; }

    /// <summary>
    /// Who wrote it: a random id of one opening of the space, so that no two writers make the same bytes, of which a store may tell both that it took theirs. Null: an
    /// earlier version wrote it.
    /// </summary>
    public WriterId? Writer { get; init; }

    /// <summary>The life of the space.</summary>
    public required Incarnation Incarnation { get; init; }

    /// <summary>Everything up to here is in the segments; zero while there is none.</summary>
    public required LogPosition Position { get; init; }

    /// <summary>Appends that the log file of the position had taken then, or more.</summary>
    public required int LogAppends { get; init; }

    /// <summary>By the clock of whoever wrote it; retention goes by it.</summary>
    public required Timestamp WrittenAt { get; init; }

    /// <summary>
    /// Older checkpoints that are kept, ascending. Others with lower numbers do not count, whether they are deleted yet or not, and also if a writer that
    /// stood still for long creates one of them again.
    /// </summary>
    public required IReadOnlyList<KeptCheckpoint> Kept { get; init; }

    /// <summary>Newest first.</summary>
    public required IReadOnlyList<StoredFile> Segments { get; init; }

    /// <summary>Oldest first.</summary>
    public required IReadOnlyList<StoredFile> Outcomes { get; init; }

    /// <summary>Segments with the chunks of derived indexes, newest first. They are opened when somebody needs an index; without them it is made of the rows.</summary>
    public IReadOnlyList<StoredFile> Indexes { get; init; } = [];

    /// <summary>All files that it names.</summary>
    public IEnumerable<StoredFile> Files => [.. Segments, .. Outcomes, .. Indexes];

    /// <summary>The name of its blob.</summary>
    public string Name => NameOf(Number);

    /// <summary>The name of a manifest's blob.</summary>
    public static string NameOf(long number) => Folder + number.ToString("D" + NumberDigits, CultureInfo.InvariantCulture) + Extension;

    /// <summary>The number in a blob's name; false: it is no manifest's.</summary>
    public static bool TryParseName(string name, out long number)
    {
        number = 0;
        return name.StartsWith(Folder, StringComparison.Ordinal) && name.EndsWith(Extension, StringComparison.Ordinal)
            && long.TryParse(name.AsSpan(Folder.Length)[..^Extension.Length], NumberStyles.None, CultureInfo.InvariantCulture, out number)
            && NameOf(number) == name;
    }
}

/// <summary>An older checkpoint that is kept.</summary>
/// <param name="Number">Of its manifest.</param>
/// <param name="Position">What it holds.</param>
/// <param name="WrittenAt">When it was written.</param>
internal sealed record KeptCheckpoint(long Number, LogPosition Position, Timestamp WrittenAt);

/// <summary>A file that a manifest names.</summary>
/// <param name="Name">Its blob.</param>
/// <param name="LengthBytes">Its bytes.</param>
internal sealed record StoredFile(string Name, long LengthBytes);
