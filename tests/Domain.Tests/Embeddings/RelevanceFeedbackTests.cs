using Cairn.Embeddings;

namespace Cairn.Domain.Tests.Embeddings;

public sealed class RelevanceFeedbackTests
{
    [Fact]
    public void Apply_WhenThereAreTexts_GoesHalfTheWayToTheirMean()
    {
        float[] query = [1, 0, 0];
        RelevanceFeedback.Apply(query, [new float[] { 0, 1, 0 }, new float[] { 0, 1, 0 }]);

        Assert.Equal([MathF.Sqrt(0.5f), MathF.Sqrt(0.5f), 0], query, static (expected, actual) => MathF.Abs(expected - actual) < 1e-6f);
    }

    [Fact]
    public void Apply_WhenThereIsNoText_StaysAsItIs()
    {
        float[] query = [0.6f, 0.8f];
        RelevanceFeedback.Apply(query, []);

        Assert.Equal([0.6f, 0.8f], query);
    }

    [Fact]
    public void Apply_WhenAllIsZero_StaysZero()
    {
        float[] query = [0, 0];
        RelevanceFeedback.Apply(query, [new float[] { 0, 0 }]);

        Assert.Equal([0, 0], query);
    }
}
