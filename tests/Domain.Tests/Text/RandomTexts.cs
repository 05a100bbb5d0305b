using System.Text;

namespace Cairn.Domain.Tests.Text;

/// <summary>Texts for properties: of few words, so that they meet, and of bytes that may be anything.</summary>
internal static class RandomTexts
{
    private static readonly string[] Pieces =
    [
        "a", "Z", "9", "'", ".", ",", " ", "\"", "*", "-", "_", "é", "e\u0301", "ß", "İ", "ﬃ", "²", "中", "ア", "한", "ก", "\u200D", "\u200B", "😀", "’", "Ω", "\u0345", "𐐀", "ing", "ies",
    ];

    /// <summary>Words of a small vocabulary, the first ones most often; some of them stop words.</summary>
    public static string Words(Random random, int count, int vocabulary) =>
        string.Join(' ', Enumerable.Range(0, count).Select(_ => random.Next(8) == 0 ? "the" : $"w{random.Next(random.Next(vocabulary) + 1)}"));

    /// <summary>Pieces that the rules know, and bytes that are not UTF-8.</summary>
    public static byte[] Bytes(Random random, int pieces)
    {
        var bytes = new List<byte>();
        for (var i = random.Next(pieces); i > 0; i--)
        {
            bytes.AddRange(random.Next(6) == 0 ? [(byte)random.Next(256)] : Encoding.UTF8.GetBytes(Pieces[random.Next(Pieces.Length)]));
        }

        return [.. bytes];
    }
}
