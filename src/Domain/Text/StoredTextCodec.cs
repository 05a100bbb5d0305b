using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using Cairn.Columns;
using Cairn.Formats;
using Cairn.Formats.Segments;
using Cairn.Model;

namespace Cairn.Text;

/// <summary>What a checkpoint keeps of a text index as bytes, version 1. docs/formats/checkpoint.md has the layout.</summary>
internal static class StoredTextCodec
{
    private const ushort Version = 1;
    private const int WordsPerPage = VersionedBits.BitsPerPage / VersionedBits.BitsPerWord;

    /// <summary>How the bits of a page of documents are stored.</summary>
    private enum Page : byte
    {
        /// <summary>None is current.</summary>
        None = 0,

        /// <summary>All are.</summary>
        All = 1,

        /// <summary>A bit for each follows.</summary>
        Some = 2,
    }

    /// <summary>Encodes.</summary>
    public static byte[] Write(StoredText text)
    {
        var bytes = new ArrayBufferWriter<byte>(1024);
        BinaryPrimitives.WriteUInt16LittleEndian(Take(bytes, sizeof(ushort)), Version);
        Take(bytes, 1)[0] = (byte)text.Language;
        Int32(bytes, text.Documents);
        Int32(bytes, text.LiveCount);
        BinaryPrimitives.WriteInt64LittleEndian(Take(bytes, sizeof(long)), text.LiveTerms);
        for (var start = 0; start < text.Documents; start += VersionedBits.BitsPerPage)
        {
            WritePage(bytes, text, start);
        }

        Int32(bytes, text.Runs.Count);
        foreach (var run in text.Runs)
        {
            Int32(bytes, run.End);
            Int32(bytes, run.PostingChunks);
            Int32(bytes, run.TermChunks);
            foreach (var fence in run.Fences)
            {
                ByteWriting.Short(Take(bytes, 1 + fence.Length), fence);
            }
        }

        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Decodes.</summary>
    /// <exception cref="Primitives.CairnException">Corrupt: malformed, or of a later version.</exception>
    public static StoredText Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        var version = reader.UInt16();
        if (version != Version)
        {
            throw Malformed.Unsupported("the state of a text index, version", version, Version);
        }

        var language = (TextLanguage)reader.Byte();
        var (documents, liveCount, liveTerms) = ((int)reader.UInt32(), (int)reader.UInt32(), reader.Int64());
        Require(language <= TextLanguage.None && documents >= 0 && liveTerms >= liveCount, "its counts are out of range");
        var live = ReadPages(ref reader, documents, out var count);
        Require(count == liveCount, "not so many documents are current");
        var runs = ReadRuns(ref reader, documents);
        Require(reader.Left == 0, "it is too long");
        return new() { Language = language, Documents = documents, LiveCount = liveCount, LiveTerms = liveTerms, Live = live, Runs = runs };
    }

    private static void WritePage(ArrayBufferWriter<byte> bytes, StoredText text, int start)
    {
        var documents = Math.Min(VersionedBits.BitsPerPage, text.Documents - start);
        Span<ulong> words = stackalloc ulong[WordsPerPage];
        var count = 0;
        for (var word = 0; word < words.Length; word++)
        {
            words[word] = text.Live.Word((start / VersionedBits.BitsPerWord) + word);
            count += BitOperations.PopCount(words[word]);
        }

        var kind = count == 0 ? Page.None : count == documents ? Page.All : Page.Some;
        Take(bytes, 1)[0] = (byte)kind;
        foreach (var word in words[..(kind == Page.Some ? words.Length : 0)])
        {
            BinaryPrimitives.WriteUInt64LittleEndian(Take(bytes, sizeof(ulong)), word);
        }
    }

    private static VersionedBits ReadPages(ref ByteReader reader, int documents, out int count)
    {
        var pages = new SpineWriter<ulong[]>();
        count = 0;
        for (var start = 0L; start < documents; start += VersionedBits.BitsPerPage)
        {
            var kind = (Page)reader.Byte();
            Require(kind <= Page.Some, "no such kind of page");
            if (kind == Page.None)
            {
                continue;
            }

            var words = new ulong[WordsPerPage];
            for (var word = 0; word < words.Length; word++)
            {
                var whole = Whole(documents - start - (word * VersionedBits.BitsPerWord));
                words[word] = kind == Page.All ? whole : reader.UInt64();
                Require((words[word] & ~whole) == 0, "documents are current that are not there");
                count += BitOperations.PopCount(words[word]);
            }

            pages.Set((int)(start / VersionedBits.BitsPerPage), words);
        }

        return new(pages.Publish());
    }

    // The word in which so many documents, up to 64, are current.
    private static ulong Whole(long documents) =>
        documents >= VersionedBits.BitsPerWord ? ulong.MaxValue : documents <= 0 ? 0 : (1UL << (int)documents) - 1;

    private static List<StoredRun> ReadRuns(ref ByteReader reader, int documents)
    {
        var runs = new List<StoredRun>();
        var (left, first) = (reader.UInt32(), 0);
        for (; left > 0; left--)
        {
            var (end, postingChunks, termChunks) = ((int)reader.UInt32(), reader.UInt32(), reader.UInt32());
            Require(end > first && end <= documents, "a run is out of order");
            Require(postingChunks <= SegmentFormat.MaxChunks && postingChunks > 0 == termChunks > 0, "a run has too many chunks, or none of one kind");
            runs.Add(new(first, end, (int)postingChunks, ReadFences(ref reader, termChunks)));
            first = end;
        }

        Require(first == documents, "its runs end before its documents");
        return runs;
    }

    private static List<byte[]> ReadFences(ref ByteReader reader, uint count)
    {
        var fences = new List<byte[]>();
        for (byte[] before = []; count > 0; count--)
        {
            var fence = reader.Short().ToArray();
            Require(fence.Length <= Terms.MaxBytes && fence.AsSpan().SequenceCompareTo(before) > 0, "its fences are out of order");
            fences.Add(fence);
            before = fence;
        }

        return fences;
    }

    private static void Int32(ArrayBufferWriter<byte> bytes, int value) => BinaryPrimitives.WriteInt32LittleEndian(Take(bytes, sizeof(int)), value);

    private static Span<byte> Take(ArrayBufferWriter<byte> bytes, int count)
    {
        var taken = bytes.GetSpan(count)[..count];
        bytes.Advance(count);
        return taken;
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw Malformed.Because("the state of a text index is damaged: " + what);
        }
    }
}
