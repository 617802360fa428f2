using ZImage.Engine.Checkpoints;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Engine.Sampling.Noise;

namespace ZImage.Engine.Generation;

/// <summary>
/// Shows <see cref="LatentColors"/> what the autoencoder makes of latents, before there is a picture: decodes one small latent of soft random
/// colours, as a run of its own, which follows a plan of its own as every run does.
/// </summary>
internal static class LatentProbe
{
    // Latent pixels along an axis, and those of them that are drawn at random; the others lie between.
    private const int Size = 16, Step = 2;
    private const int Seed = 1;

    /// <exception cref="ZImageException">It does not fit the budget, or could not be computed; the device is as any run leaves it.</exception>
    public static void Run(LoadedModel model, SessionPlanner planner, CancellationToken cancellation)
    {
        var request = new ImageRequest
        {
            Prompt = "",
            Width = Size * model.Autoencoder.Scale,
            Height = Size * model.Autoencoder.Scale,
            Steps = 1,
            Sampler = "euler",
            Scheduler = "simple",
            Shift = 1,
            Seed = Seed,
        };
        var shape = new DrawingShape(request, [1, 0], 0, 0, 1);
        var run = new RunShape([], [], [shape]);
        // An allocation that fails here must not change the plans of pictures.
        var ladder = new PlanLadder(model, planner, null) { IsStrict = true };
        float[] latent = Latent(model.Autoencoder.LatentChannels);
        try
        {
            ladder.Start(run);
            float[] planes = ladder.Do(Phase.Decode, () => run, _ => model.Autoencoder.Decode(latent, Size, Size, model.MemoryOf(ComponentKind.Autoencoder), model.Ram,
                planner.Needs.WayOf(shape, ladder.Plan.Decoding), null, cancellation));
            model.Colors.Learn(latent, planes, Size, Size);
        }
        finally
        {
            model.Residency.Transfer.Rest();
        }
    }

    // Each channel runs linearly between random values: areas of one colour, as pictures have them, tell more than noise.
    private static float[] Latent(int channels)
    {
        const int Nodes = Size / Step + 1;
        var nodes = new float[channels * Nodes * Nodes];
        NoiseSources.Create(NoiseGenerator.Cuda, Seed).Fill(nodes);
        var latent = new float[channels * Size * Size];
        for (int i = 0; i < latent.Length; i++)
        {
            (int channel, int x, int y) = (i / (Size * Size), i % Size, i / Size % Size);
            int node = (channel * Nodes + y / Step) * Nodes + x / Step;
            float right = (float)(x % Step) / Step, down = (float)(y % Step) / Step;
            latent[i] = float.Lerp(float.Lerp(nodes[node], nodes[node + 1], right), float.Lerp(nodes[node + Nodes], nodes[node + Nodes + 1], right), down);
        }
        return latent;
    }
}
