using Cairn.Primitives;

namespace Cairn.Storage;

/// <summary>The place of a record.</summary>
/// <param name="Partition">What is listed together.</param>
/// <param name="Key">Unique in its partition.</param>
public readonly record struct RecordKey(string Partition, string Key)
{
    /// <summary>Longest partition or key, in characters.</summary>
    public const int MaxLength = 100;

    /// <summary>
    /// Whether a text can be a partition or a key: 1 to <see cref="MaxLength"/> lowercase letters, digits and <c>-</c>. So they mean the same to every file system,
    /// in every URL and in every query, and no adapter has anything to escape.
    /// </summary>
    public static bool IsValid(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= MaxLength && text.IndexOfAnyExcept(Characters) < 0;

    /// <summary>Refuses what is not well-formed.</summary>
    /// <exception cref="CairnException">Internal: keys are made by the program; one that was read from outside is asked about before.</exception>
    public static void Require(string text) => Invariant.Require(IsValid(text), $"\"{text}\" is no key of a record");

    /// <summary>Refuses a place that is not well-formed.</summary>
    /// <exception cref="CairnException">Internal.</exception>
    public void Require()
    {
        Require(Partition);
        Require(Key);
    }

    /// <summary>Refuses what no store keeps.</summary>
    /// <exception cref="CairnException">Internal: the record is too long.</exception>
    public static void RequireLength(int lengthBytes) =>
        Invariant.Require(lengthBytes <= ITableStore.MaxRecordBytes, $"a record of {lengthBytes} bytes is longer than {ITableStore.MaxRecordBytes}");

    /// <summary>Refuses a page that no store gives.</summary>
    /// <exception cref="CairnException">Internal.</exception>
    public static void RequireLimit(int limit) => Invariant.Require(limit is >= 1 and <= ITableStore.MaxPage, $"a page of {limit} records");

    private static readonly System.Buffers.SearchValues<char> Characters = System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    /// <inheritdoc/>
    public override string ToString() => $"{Partition}/{Key}";
}
