import { useComputed } from '@preact/signals';
import type { JSX } from 'preact';
import { address, hrefOf } from './address.ts';
import { EngineBanner } from './engine/banner.tsx';
import { Loaded } from './parts/loaded.tsx';
import { rooms } from './rooms.ts';

export function App(): JSX.Element {
  const room = useComputed(() => rooms.find(({ path }) => path === address.value[0]) ?? rooms[0]).value;
  return (
    <>
      <a class="skip" href="#room">
        Skip to the room
      </a>
      <header>
        <p class="name">Cardinal studio</p>
        <nav aria-label="Rooms">
          <ul>
            {rooms.map(({ path, title }) => (
              <li key={path}>
                <a href={hrefOf(path)} aria-current={path === room.path ? 'page' : undefined}>
                  {title}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <EngineBanner />
      </header>
      <main id="room" tabIndex={-1}>
        <h1>{room.title}</h1>
        <p class="about">{room.about}</p>
        <Loaded key={room.path} load={room.load} />
      </main>
    </>
  );
}
