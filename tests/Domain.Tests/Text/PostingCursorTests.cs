using Cairn.Text;

namespace Cairn.Domain.Tests.Text;

public sealed class PostingCursorTests
{
    [Fact]
    public void AdvanceTo_WhenTargetsAreRandom_StopsWhereAWalkWould() => Properties.CheckRandom(40, random =>
    {
        var lists = new PostingLists();
        lists.EnsureTerm(1);
        var expected = new List<(int Document, int Frequency, int[] Positions)>();
        for (var document = random.Next(3); document < 5000; document += 1 + random.Next(random.Next(1, 300)))
        {
            var positions = Enumerable.Range(0, 1 + (random.Next(4) * random.Next(60))).Select(place => (place * 7) + random.Next(7)).ToArray();
            Append(lists, random.Next(2) == 0 ? 0 : 1, document, positions, expected);
        }

        expected.RemoveAll(static entry => entry.Document >= 4000);
        int DocumentAt(int place) => place < 0 ? -1 : place < expected.Count ? expected[place].Document : PostingCursor.AtEnd;
        var cursor = lists.Read(1, 4000);
        for (var at = -1; at < expected.Count;)
        {
            var target = DocumentAt(at) + random.Next(random.Next(1, 900));
            if (random.Next(3) == 0)
            {
                cursor.MoveNext();
                at++;
            }
            else
            {
                cursor.AdvanceTo(target);
                while (DocumentAt(at) < target)
                {
                    at++;
                }
            }

            Assert.Equal(DocumentAt(at), cursor.Document);
            if (at >= 0 && at < expected.Count)
            {
                AssertAt(expected[at], cursor);
            }
        }
    });

    [Fact]
    public void TryCount_WhenLaterDocumentsAreThere_DoesNotGuess()
    {
        var lists = new PostingLists();
        lists.EnsureTerm(0);
        Append(lists, 0, 0, [1], []);
        Append(lists, 0, 5, [1], []);

        Assert.True(lists.TryCount(0, 6, out var count));
        Assert.Equal(2, count);
        Assert.False(lists.TryCount(0, 5, out _));
        Assert.True(lists.TryCount(3, 5, out count));
        Assert.Equal(0, count);
    }

    [Fact]
    public void MoveNext_WhenThereIsNoTerm_IsAtTheEnd()
    {
        var lists = new PostingLists();
        lists.EnsureTerm(0);
        foreach (var term in new[] { -1, 0, 7 })
        {
            var cursor = lists.Read(term, 10);
            cursor.MoveNext();
            Assert.Equal(PostingCursor.AtEnd, cursor.Document);
        }
    }

    private static void AssertAt((int Document, int Frequency, int[] Positions) expected, in PostingCursor cursor)
    {
        var positions = new int[PostingLists.MaxPositions];
        Assert.Equal((expected.Document, expected.Frequency), (cursor.Document, cursor.Frequency));
        Assert.Equal(expected.Positions, positions[..cursor.ReadPositions(positions)]);
    }

    private static void Append(PostingLists lists, int term, int document, int[] positions, List<(int, int, int[])> expected)
    {
        var body = new byte[PostingLists.MaxBodyBytes];
        lists.Append(term, document, body.AsSpan(0, PostingLists.WriteBody(positions.Length, positions, body)));
        if (term == 1)
        {
            expected.Add((document, positions.Length, positions));
        }
    }
}
