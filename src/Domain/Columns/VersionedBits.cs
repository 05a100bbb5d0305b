using System.Runtime.CompilerServices;

namespace Cairn.Columns;

/// <summary>A set of numbers as of one version: a bit for each. Immutable; any thread. What a batch did not touch is shared with the version before it.</summary>
/// <param name="Pages">4,096 bits each; an empty slot holds none.</param>
internal readonly record struct VersionedBits(Spine<ulong[]> Pages)
{
    /// <summary>Bits of a page; 512 bytes are copied for each page that a publish touches.</summary>
    public const int BitsPerPage = 4 * 1024;

    /// <summary>Bits of a word.</summary>
    public const int BitsPerWord = 64;

    /// <summary>Whether a number is in the set.</summary>
    public bool Contains(int number) => (Word(number / BitsPerWord) >> (number % BitsPerWord) & 1) != 0;

    /// <summary>The bits of the numbers word × 64 to word × 64 + 63.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Word(int word)
    {
        const int wordsPerPage = BitsPerPage / BitsPerWord;
        var page = word / wordsPerPage;
        return page < Pages.Length && Pages[page] is { } bits ? bits[word % wordsPerPage] : 0;
    }
}

/// <summary>The writer's side of a set: copies a page before its first change after a publish. One thread.</summary>
internal sealed class VersionedBitsWriter
{
    private readonly SpineWriter<ulong[]> _pages = new();
    private readonly HashSet<int> _owned = [];

    /// <summary>Begins with no numbers.</summary>
    public VersionedBitsWriter()
    {
    }

    /// <summary>Begins with the numbers of a version, whose pages it shares.</summary>
    public VersionedBitsWriter(in VersionedBits version)
    {
        for (var page = 0; page < version.Pages.Length; page++)
        {
            _pages.Set(page, version.Pages[page]);
        }
    }

    /// <summary>Puts a number into the set, or takes it out.</summary>
    public void Set(int number, bool isIn)
    {
        ref var word = ref Own(number / VersionedBits.BitsPerWord);
        var bit = 1UL << (number % VersionedBits.BitsPerWord);
        word = isIn ? word | bit : word & ~bit;
    }

    /// <summary>Sets the bits of the numbers word × 64 to word × 64 + 63.</summary>
    public void SetWord(int word, ulong bits) => Own(word) = bits;

    /// <summary>The version to publish.</summary>
    public VersionedBits Publish()
    {
        _owned.Clear();
        return new(_pages.Publish());
    }

    private ref ulong Own(int word)
    {
        const int wordsPerPage = VersionedBits.BitsPerPage / VersionedBits.BitsPerWord;
        var page = word / wordsPerPage;
        if (_owned.Add(page))
        {
            _pages.Set(page, (ulong[]?)_pages[page]?.Clone() ?? new ulong[wordsPerPage]);
        }

        return ref _pages[page]![word % wordsPerPage];
    }
}
