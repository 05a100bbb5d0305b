using System.Buffers.Binary;
using Cairn.Formats;

namespace Cairn.Text;

/// <summary>One version of the text of a row.</summary>
/// <param name="Row">The concept's row.</param>
/// <param name="Terms">How many terms it has.</param>
internal readonly record struct TextDocument(int Row, int Terms);

/// <summary>Documents as the bytes of a chunk: of each the row (i32) and its terms (i32), little-endian.</summary>
internal static class TextDocuments
{
    private const int DocumentBytes = 2 * sizeof(int);

    // 4 GiB of ids are fewer concepts.
    private const int RowLimit = 1 << 30;

    /// <summary>Chunks of so many documents.</summary>
    public static int ChunksFor(int documents) => (documents / PerChunk) + (documents % PerChunk > 0 ? 1 : 0);

    /// <summary>Documents of a chunk.</summary>
    public const int PerChunk = AppendList<TextDocument>.ItemsPerChunk;

    /// <summary>Encodes.</summary>
    public static byte[] Write(ReadOnlySpan<TextDocument> documents)
    {
        var bytes = new byte[documents.Length * DocumentBytes];
        for (var i = 0; i < documents.Length; i++)
        {
            var document = bytes.AsSpan(i * DocumentBytes);
            BinaryPrimitives.WriteInt32LittleEndian(document, documents[i].Row);
            BinaryPrimitives.WriteInt32LittleEndian(document[sizeof(int)..], documents[i].Terms);
        }

        return bytes;
    }

    /// <summary>Decodes.</summary>
    /// <exception cref="Primitives.CairnException">Corrupt: these are no documents.</exception>
    public static TextDocument[] Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length % DocumentBytes != 0)
        {
            throw Malformed.Because("a chunk of documents ends inside of one");
        }

        var documents = new TextDocument[bytes.Length / DocumentBytes];
        for (var i = 0; i < documents.Length; i++)
        {
            var document = bytes[(i * DocumentBytes)..];
            documents[i] = new(BinaryPrimitives.ReadInt32LittleEndian(document), BinaryPrimitives.ReadInt32LittleEndian(document[sizeof(int)..]));
            if (documents[i] is not { Row: >= 0 and < RowLimit, Terms: > 0 })
            {
                throw Malformed.Because("a document is of no row, or without terms");
            }
        }

        return documents;
    }
}
